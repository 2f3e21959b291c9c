"""Answers to the exercises of chapter 4."""

from fractions import Fraction

import torch

from helpers.check import chapter_4 as check

EXERCISES = ["average", "plan", "efficiency", "serial_fraction", "job_script", "diagnosis"]


def mean_of(gradients, reduce=lambda own: sum(own) / len(own)):
    return {name: reduce([of[name] for of in gradients]) for name in gradients[0]}


def mean_changed(reduce):
    return lambda gradients: mean_of(gradients, reduce)


def mean_in_place(gradients):
    for of in gradients[1:]:
        for name, gradient in of.items():
            gradients[0][name] += gradient
    return {name: gradient / len(gradients) for name, gradient in gradients[0].items()}


def planned(devices, images, batch_size, learning_rate):
    return devices * batch_size, images // (devices * batch_size), devices * learning_rate


def shortened(gradients):
    mean = mean_of(gradients)
    gradients.pop()
    return mean


def emptied(gradients):
    return {name: sum(own.pop(name) for own in gradients) / len(gradients) for name in list(gradients[0])}


def of_lists(gradients):
    return {name: torch.mean([own[name] for own in gradients], dim=0) for name in gradients[0]}


def efficient_in_place(rates):
    one = rates[1]
    for n in rates:
        rates[n] = rates[n] / one / n
    return rates


def efficient(value):
    return lambda rates: {n: value(n, rate, rates[1]) for n, rate in rates.items()}


JOB = """#!/bin/bash
#SBATCH --job-name=snn
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=4
#SBATCH --time=01:00:00
#SBATCH --signal=SIGUSR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log

export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
srun python -m helpers.train fit --run=/scratch/runs/$SLURM_JOB_ID
"""


def job(old, new=""):
    assert old in JOB
    return JOB.replace(old, new)


DIAGNOSIS = {"A": "3b", "B": "5d", "C": "1e", "D": "6a", "E": "2f"}


def name(value):
    return value.__name__ if callable(value) and hasattr(value, "__name__") else None


RIGHT = [
    (check.average, mean_of),
    (check.average, mean_changed(lambda own: torch.stack(own).mean(0))),
    (check.plan, planned),
    (check.plan, lambda d, images, batch, rate: [d * batch, images // d // batch, torch.tensor(d * rate)]),
    (check.plan, lambda *arguments: torch.tensor(planned(*arguments))),
    (check.efficiency, efficient(lambda n, rate, one: rate / one / n)),
    (check.efficiency, efficient(lambda n, rate, one: torch.tensor(rate / (n * one)))),
    (check.serial_fraction, lambda n, speed_up: (n / speed_up - 1) / (n - 1)),
    (check.serial_fraction, lambda n, speed_up: (1 / speed_up - 1 / n) / (1 - 1 / n)),
    (check.serial_fraction, lambda n, speed_up: (Fraction(n) / Fraction(speed_up) - 1) / (n - 1)),
    (check.job_script, JOB),
    (check.job_script, job("--nodes=2", "-N 2  # computers")),
    (check.job_script, job("--gpus-per-node=4", "--gres=gpu:a100:4")),
    (check.job_script, job("SIGUSR1@120", "USR1@120")),
    (check.job_script, job("2\n#SBATCH --ntasks-per-node", "2 --ntasks-per-node")),
    (check.job_script, job("--nodes=2\n#SBATCH --ntasks-per-node", "-N2 --tasks-per-node")),
    (check.job_script, job("requeue\n#SBATCH", "requeue")),
    (check.job_script, job("--gpus-per-node=4", "--gres=gpu:4,nvme:100")),
    (check.job_script, job("--ntasks-per-node=4", "--ntasks=8\n#SBATCH --ntasks-per-node=4")),
    (check.job_script, job("srun python", "time srun --label \\\n    -n 8 python -u")),
    (check.job_script, job("--run=/scratch/runs/$SLURM_JOB_ID", '--run "/scratch/$SLURM_JOB_ID"  # not torchrun')),
    (check.job_script, job("srun python", "cd $HOME && env A=1 srun -- python -W ignore -u")),
    (
        check.job_script,
        job("srun python", "RUN=/scratch/runs/$SLURM_JOB_ID\nsrun $PYTHON").replace(
            "fit --run=/scratch/runs/$SLURM_JOB_ID", "fit --run=$RUN"
        ),
    ),
    (
        check.job_script,
        job("#SBATCH --nodes", "# SBATCH lines are for SLURM\n##SBATCH --partition=gpu\n#SBATCH --nodes"),
    ),
    (check.job_script, job("srun python", "srun --label apptainer exec --nv course.sif python")),
    (check.job_script, job("--gpus-per-node=4", "--gpus-per-node=h100-80gb:4")),
    (check.job_script, job("srun python", "echo starting helpers.train\nsrun python")),
    (check.job_script, job("srun python", "srun --label --cpu-bind=cores /opt/env/bin/python")),
    (check.diagnosis, DIAGNOSIS),
    (check.diagnosis, {letter: said.upper() for letter, said in DIAGNOSIS.items()}),
    (check.diagnosis, {letter: " ".join(said) for letter, said in DIAGNOSIS.items()}),
]

WRONG = [
    (check.average, mean_changed(sum), "Yours is the sum"),
    (check.average, mean_changed(lambda own: sum(own) / 2), "more than two processes"),
    (check.average, mean_changed(lambda own: own[0]), "of the first process alone"),
    (check.average, mean_changed(lambda own: own[-1]), "of the last process alone"),
    (check.average, mean_changed(lambda own: torch.stack(own).mean()), "yours is over the weights too"),
    (check.average, mean_changed(lambda own: torch.stack(own).flatten(1).mean(1)), "yours is over the weights."),
    (check.average, mean_changed(torch.stack), "side by side"),
    (check.average, mean_in_place, "changes the gradients in place"),
    (check.average, mean_changed(lambda own: (own[0] + own[1] + own[2]) / 3), "IndexError"),
    (check.average, mean_changed(lambda own: sum(own) / 3), "Yours is a third of the sum"),
    (check.average, shortened, "changes the gradients in place"),
    (check.average, emptied, "changes the gradients in place"),
    (check.average, of_lists, "torch.stack makes one tensor"),
    (
        check.average,
        lambda gradients: list(mean_of(gradients).values()),
        "from names to gradients: yours is a list of 2",
    ),
    (check.average, lambda gradients: {"out.weight": gradients[0]["out.weight"]}, "The names should be conv.weight"),
    (
        check.plan,
        lambda d, images, batch, rate: planned(d, images, batch, rate)[:2],
        "Return three numbers: yours are 2",
    ),
    (check.plan, lambda d, images, batch, rate: d * batch, "with commas between them"),
    (check.plan, lambda d, images, batch, rate: (batch, images // (d * batch), d * rate), "the batch of one device"),
    (check.plan, lambda d, images, batch, rate: (d * batch, images // batch, d * rate), "yours are as with one"),
    (check.plan, lambda d, images, batch, rate: (d * batch, images / (d * batch), d * rate), "Steps are whole"),
    (check.plan, lambda d, images, batch, rate: (d * batch, -(-images // (d * batch)), d * rate), "yours counts it"),
    (check.plan, lambda d, images, batch, rate: (d * batch, images // batch * d, d * rate), "yours need more"),
    (check.plan, lambda d, images, batch, rate: (d * batch, images // (d * batch), rate), "yours stays"),
    (check.plan, lambda d, images, batch, rate: (d * batch, images // (d * batch), rate / d), "yours shrinks"),
    (check.plan, lambda d, images, batch, rate: (d * batch, images // (d * batch), rate * d**0.5), "square root"),
    (
        check.plan,
        lambda d, images, batch, rate: (d * batch, images // (d * batch), rate * d * batch),
        "not by the images",
    ),
    (check.efficiency, efficient(lambda n, rate, one: rate / one), "That is the speed-up"),
    (check.efficiency, efficient(lambda n, rate, one: rate / n), "images per second of one process"),
    (check.efficiency, efficient(lambda n, rate, one: 100 * rate / one / n), "That is percent"),
    (check.efficiency, efficient(lambda n, rate, one: one / rate), "yours falls"),
    (check.efficiency, efficient(lambda n, rate, one: n * one / rate), "Yours is upside down"),
    (check.efficiency, efficient(lambda n, rate, one: n * rate / one), "Yours multiplies"),
    (check.efficiency, efficient_in_place, "your function changes rates"),
    (check.efficiency, lambda r: efficient(lambda n, rate, one: rate / next(iter(r.values())) / n)(r), "the first of"),
    (check.efficiency, lambda r: efficient(lambda n, rate, one: rate / min(r.values()) / n)(r), "takes the lowest"),
    (check.efficiency, efficient(lambda n, rate, one: min(1, rate / one / n)), "should be 1.1: yours is 1"),
    (check.efficiency, lambda rates: 0.9, "The result is a dict"),
    (check.efficiency, lambda rates: {2: 0.95}, "the same numbers of processes"),
    (check.serial_fraction, lambda n, speed_up: speed_up / n, "That is the efficiency"),
    (check.serial_fraction, lambda n, s: 1 / (s + (1 - s) / n), "Amdahl's law itself"),
    (check.serial_fraction, lambda n, speed_up: 1 - speed_up / n, "what is lost of the speed-up"),
    (check.serial_fraction, lambda n, speed_up: 1 - (n / speed_up - 1) / (n - 1), "That is the parallel part"),
    (check.serial_fraction, lambda n, speed_up: 1 / speed_up - 1 / n, "that is s - s / n"),
    (check.serial_fraction, lambda n, speed_up: (speed_up / n - 1) / (n - 1), "Upside down"),
    (check.job_script, job("#!/bin/bash\n"), "The first line names the shell"),
    (check.job_script, job("#SBATCH --nodes", "# SBATCH --nodes"), "only lines that begin with #SBATCH"),
    (check.job_script, job("#SBATCH --nodes", "cd work\n#SBATCH --nodes"), "this line comes too late"),
    (check.job_script, "\n" + JOB, "with nothing before it"),
    (check.job_script, job("#SBATCH --nodes", " #SBATCH --nodes"), "only lines that begin with #SBATCH"),
    (check.job_script, job("#SBATCH --nodes", "#sbatch --nodes"), "only lines that begin with #SBATCH"),
    (check.job_script, job("--nodes=2", "nodes=2"), "begins with two dashes"),
    (check.job_script, job("--nodes=2", "-nodes=2"), "begins with two dashes"),
    (check.job_script, job("--nodes=2", "--node=2"), "Is this one meant? #SBATCH --node=2"),
    (check.job_script, job("--nodes=2", "--nodes= 2 3"), "a value is one word"),
    (check.job_script, job("--job-name=snn", '--job-name="snn'), "a quote is opened"),
    (check.job_script, job("--gpus-per-node=4", "--gres=cpu:4"), "a node has 4 GPUs"),
    (check.job_script, job("--ntasks-per-node=4", "--ntasks=4\n#SBATCH --ntasks-per-node=4"), "2 nodes are 8"),
    (check.job_script, job("SIGUSR1@120", "SIGUSR1 @120"), "a value is one word"),
    (check.job_script, job("SIGUSR1@120", "b:usr1@120"), "only the shell is warned"),
    (check.job_script, job("#SBATCH --nodes=2\n"), "There is no line #SBATCH --nodes"),
    (check.job_script, job("--nodes=2", "--nodes=8"), "the job is to have 2 nodes.\n#SBATCH --nodes=8"),
    (check.job_script, job("--ntasks-per-node=4", "--ntasks-per-node=1"), "one task for each device"),
    (check.job_script, job("--ntasks-per-node=4", "--ntasks=8"), "--ntasks leaves it to SLURM"),
    (check.job_script, job("--gpus-per-node=4", "--gpus-per-node=8"), "a node has 4 GPUs"),
    (check.job_script, job("--gpus-per-node=4", "--gpus-per-task=1"), "in place of --gpus-per-task"),
    (check.job_script, job("#SBATCH --signal=SIGUSR1@120\n"), "stopped without a warning"),
    (check.job_script, job("SIGUSR1", "B:SIGUSR1"), "only the shell is warned"),
    (check.job_script, job("SIGUSR1", "SIGKILL"), "the tasks wait for the signal SIGUSR1"),
    (check.job_script, job("@120"), "it does not say how early"),
    (check.job_script, job("@120", "@12"), "120 seconds early"),
    (check.job_script, job("#SBATCH --requeue\n"), "the job may not come back"),
    (check.job_script, job("--requeue", "--no-requeue"), "may the job come back"),
    (check.job_script, job("--requeue", "--requeue=yes"), "--requeue is a switch"),
    (check.job_script, job("#SBATCH --open-mode=append\n"), "on many clusters a log starts empty"),
    (check.job_script, job("append", "truncate"), "would empty its log"),
    (check.job_script, job("srun "), "what starts them?\npython -m helpers.train"),
    (check.job_script, job("srun", "torchrun"), "by srun, not by torchrun"),
    (check.job_script, job("srun python", "python srun"), "srun comes first"),
    (check.job_script, job("srun python", "srun"), "which program does srun start?"),
    (check.job_script, job("srun python", "srun python -m"), "between python and its -m stands -m"),
    (
        check.job_script,
        job("srun python", "srun python helpers/train.py"),
        "between python and its -m stands helpers/train.py",
    ),
    (check.job_script, job("python -m", "python"), "a module is started by python -m"),
    (check.job_script, job("srun python", "srun -n 4 python"), "leave them out here"),
    (check.job_script, job("srun python", "srun python -m torch.distributed.run"), "not by torch.distributed.run"),
    (check.job_script, job("srun python", "mpiexec -n 8 python"), "not by mpiexec"),
    (check.job_script, job("srun python", "srun 8 python"), "srun would start 8"),
    (check.job_script, job("srun python", "srun srun python"), "srun would start srun"),
    (check.job_script, job("srun python", "srun --gpus-per-task=1 python"), "leave them out here"),
    (check.job_script, job("--gpus-per-node=4", "--gpus-per-node=gpu:4"), "a node has 4 GPUs"),
    (check.job_script, job("#!/bin/bash", "#!/usr/bin/python3"), "The first line names the shell"),
    (
        check.job_script,
        job("srun python", "RUN=/local\nsrun python").replace("--run=/scratch/", "--run=$RUN/"),
        "one node",
    ),
    (check.job_script, job("srun python", "srun && python"), "&& parts srun from what it is to start"),
    (check.job_script, job("srun python", "echo srun python"), "No line of the script trains"),
    (check.job_script, job("srun python", "sudo srun python"), "srun comes first"),
    (check.job_script, job("srun python", "srun ipython"), "which program does srun start?"),
    (check.job_script, job(" fit"), "what trains is helpers.train fit"),
    (check.job_script, JOB + "python -m helpers.train fit --run=/scratch/2", "what starts them?"),
    (check.job_script, job("fit", "fit --trainer.devices=4"), "what is written twice"),
    (check.job_script, job("/scratch", "/local"), "that disk is in one node"),
    (check.job_script, job("/scratch/", ""), "which all nodes share"),
    (check.job_script, job(" --run=/scratch/runs/$SLURM_JOB_ID"), "does not say where the run lies"),
    (check.job_script, job("helpers.train"), "No line of the script trains"),
    (check.diagnosis, {**DIAGNOSIS, "A": "4c"}, "But how far had it come"),
    (check.diagnosis, {**DIAGNOSIS, "A": "2f"}, "how many came"),
    (check.diagnosis, {**DIAGNOSIS, "B": "3b"}, "who was told which"),
    (check.diagnosis, {**DIAGNOSIS, "C": "3b"}, "an address was already in use"),
    (check.diagnosis, {**DIAGNOSIS, "D": "2f"}, "look for the number of bytes"),
    (check.diagnosis, {**DIAGNOSIS, "E": "3b"}, "what does SLURM say about its node"),
    (check.diagnosis, {**DIAGNOSIS, "E": "6a"}, "no program made a mistake"),
    (check.diagnosis, {**DIAGNOSIS, "C": "1f"}, "Would that cure help?"),
    (check.diagnosis, {**DIAGNOSIS, "C": "port"}, "For C write a number and a letter"),
    (check.diagnosis, {"A": "3b"}, "Log B has no answer yet"),
    (check.diagnosis, ["3b"], "The answer is a dict"),
]

NOT_DONE = {
    "job_script": [..., job("--nodes=2", "--nodes=Ellipsis"), job("--nodes=2", "--nodes=...")],
    "diagnosis": [..., {"A": ..., "B": "1a"}],
}
