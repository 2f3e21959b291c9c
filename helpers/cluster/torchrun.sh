#!/bin/bash
# Trains on several machines without SLURM: start it on each of them, with the same words, in a
# folder that all share.
#     bash helpers/cluster/torchrun.sh MACHINES PROCESSES FIRST [options of fit]
# 2 machines, 4 processes on each:
#     bash helpers/cluster/torchrun.sh 2 4 node1 --trainer.max_epochs 10
# 2 processes on this machine:
#     bash helpers/cluster/torchrun.sh 1 2 localhost
# FIRST is the name of one of the machines, at which the others meet it: on all of its networks, and
# without a password.
set -euo pipefail
machines=$1 processes=$2 first=$3
shift 3
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
exec torchrun --nnodes="$machines" --nproc-per-node="$processes" --rdzv-backend=c10d --rdzv-id=snn \
    --rdzv-endpoint="$first:${MASTER_PORT:-29400}" -m -- helpers.train fit "$@"
