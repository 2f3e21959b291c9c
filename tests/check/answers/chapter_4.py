"""Answers to the exercises of chapter 4."""

from fractions import Fraction

from helpers.check import chapter_4 as check
from tests.check.answers import edited
from tests.check.learners_copy import cells

mean = edited("return {n: sum(own[n] for own in gradients) / len(gradients) for n in gradients[0]}")
stacked = edited(
    "return {n: torch.stack([own[n] for own in gradients]).mean(dim=0) for n in gradients[0]}"
)

plan = edited("n = devices * batch_size\nreturn n, images // n, devices * learning_rate")

efficiency = edited("return {n: rates[n] / rates[1] / n for n in rates}")

serial = edited("return (n / speed_up - 1) / (n - 1)")

BLANKS = {
    "nodes": 2,
    "ntasks_per_node": 4,
    "gpus_per_node": 4,
    "warning": "SIGUSR1@120",
    "may_return": "--requeue",
}
BLANKS |= {"log_mode": "append", "folder": "/scratch", "start": "srun python"}


def job(**blanks) -> str:
    """The script of the learner's copy with its blanks filled in: rightly, but for those given."""
    source, names = cells(check.job_script)[0], {}
    for name, value in {**BLANKS, **blanks}.items():
        source = source.replace(f"{name} = ...", f"{name} = {value!r}")
    exec(source, names)
    return names["script"]


script = edited(job())
DIAGNOSIS = {"A": "3b", "B": "5d", "C": "1e", "D": "6a", "E": "2f"}


RIGHT = {
    check.average: [mean(), stacked()],
    check.plan: [
        *(plan(), "n = batch_size * devices\nreturn [n, int(images / n), learning_rate * devices]"),
        plan("images // n", "images // devices // batch_size").replace(
            "devices * l", "torch.tensor(devices) * l"
        ),
        plan(
            "n, images // n, devices * learning_rate",
            "torch.tensor([n, images // n, devices * learning_rate])",
        ),
    ],
    check.efficiency: [
        efficiency(),
        efficiency("rates[n] / rates[1] / n", "torch.tensor(rates[n] / (n * rates[1]))"),
    ],
    check.serial_fraction: [
        *(serial(), "return (1 / speed_up - 1 / n) / (1 - 1 / n)"),
        lambda n, speed_up: (Fraction(n) / Fraction(speed_up) - 1) / (n - 1),
    ],
    check.job_script: [
        job(),
        "".join(check.job_script.ours),
        script("--nodes=2", "-N 2  # computers"),
        script("--nodes=2", "--nodes 2"),
        script("--gpus-per-node=4", "--gres=gpu:a100:4"),
        script("--gpus-per-node=4", "--gres=gpu:4,nvme:100"),
        job(gpus_per_node="h100-80gb:4"),
        job(warning="USR1@120", log_mode="a"),
        job(warning="R:SIGUSR1@120", may_return="--requeue  # it comes back"),
        script("2\n#SBATCH --ntasks-per-node", "2 --ntasks-per-node"),
        script("requeue\n#SBATCH", "requeue"),
        job(start="time srun --label \\\n    -n 8 python -u"),
        script(
            '--run=/scratch/runs/$SLURM_JOB_ID "$@"',
            '--run "/scratch/$SLURM_JOB_ID" "$@"  # not torchrun',
        ),
        job(start="cd $HOME && env A=1 srun -- python -W ignore -u"),
        job(start="RUN=1\nsrun $PYTHON"),
        job(start="srun --label apptainer exec --nv course.sif python"),
        job(start="srun --label --cpu-bind=cores /opt/env/bin/python3.12"),
        script(
            "#SBATCH --nodes",
            "# SBATCH lines are for SLURM\n##SBATCH --partition=gpu\n#SBATCH --nodes",
        ),
        job(start="srun conda run -n snn python"),
        job(start="module load python && srun python"),
        job(start="srun apptainer exec python.sif python"),
        job(start="srun --container-image=python:3.12 python"),
        job(start="srun --ntasks 8 python"),
        job(start="srun -N 2 -n8 python"),
        job(start="exec srun $(which python)"),
        job(start="set -euo pipefail\nsource /opt/env/bin/activate\nsrun python"),
        job(start="/usr/bin/srun python"),
        job(start="srun hostname\nsrun python"),
        script("--gpus-per-node=4", "--gres gpu:4"),
        script("2\n", "2   \n"),
        script('"$@"', '"$@" > train.log &\nwait'),
    ],
    check.diagnosis: [
        *(DIAGNOSIS, {letter.lower(): said for letter, said in DIAGNOSIS.items()}),
        {letter: said.upper() for letter, said in DIAGNOSIS.items()},
        {letter: " ".join(said) for letter, said in DIAGNOSIS.items()},
    ],
}

WRONG = {
    check.average: {
        "Yours is the sum": mean(" / len(gradients)"),
        "more than two processes": mean("len(gradients)", "2"),
        "of the first process alone": "return gradients[0]",
        "of the last process alone": "return gradients[-1]",
        "yours is over the weights too": stacked("dim=0"),
        "yours is over the weights.": stacked(".mean(dim=0)", ".flatten(1).mean(dim=1)"),
        "side by side": stacked(".mean(dim=0)"),
        "in place, as": "for n in gradients[0]:\n    gradients[0][n] += gradients[1][n]\nreturn gradients[0]",
        "the processes may still need": "mean = gradients.pop()\nreturn mean",
        "the gradients in place": mean("own[n] for own", "own.pop(n) for own").replace(
            "in gradients[0]}", "in list(gradients[0])}"
        ),
        "IndexError": "return {n: (gradients[0][n] + gradients[1][n] + gradients[2][n]) / 3 for n in gradients[0]}",
        "Yours is a third of the sum": mean("len(gradients)", "3"),
        "torch.stack makes one tensor": "return {n: torch.mean([own[n] for own in gradients]) for n in gradients[0]}",
        "one tensor of a list": "return {n: torch.mean([own[n] for own in gradients], dim=0) for n in gradients[0]}",
        "from names to gradients: yours is a list of 2": "return list(gradients[0].values())",
        "The names should be conv.weight": "return {'out.weight': gradients[0]['out.weight']}",
        "There is no arithmetic with dicts": "return sum(gradients) / len(gradients)",
        "It is a list of dicts": "return {n: g / 2 for n, g in gradients.items()}",
        "take one name at a time, from all of them": "return torch.stack(gradients).mean(dim=0)",
        "Yours takes two processes": "return {n: (gradients[0][n] + gradients[1][n]) / 2 for n in gradients[0]}",
        "add up": "for own in gradients:\n    mean = {n: g / len(gradients) for n, g in own.items()}\nreturn mean",
        "yours is over the second": stacked("dim=0", "dim=1"),
    },
    check.plan: {
        "learning rate, in this order: yours is a tuple of 2": plan(", devices * learning_rate"),
        "steps in an epoch, learning rate, in this order: yours is of type int": "return devices * batch_size",
        "the batch of one device": plan("return n,", "return batch_size,"),
        "it is not shared out": plan("return n,", "return batch_size // devices,"),
        "yours are as with one": plan("images // n", "images // batch_size"),
        "Steps are whole": plan("//", "/"),
        "yours counts it": plan("images // n", "-(-images // n)"),
        "yours need more": plan("images // n", "images // batch_size * devices"),
        "yours stays": plan("devices * learning_rate", "learning_rate"),
        "yours shrinks": plan("devices * learning_rate", "learning_rate / devices"),
        "square root": plan("devices * learning_rate", "devices**0.5 * learning_rate"),
        "not by the images": plan("devices * learning_rate", "n * learning_rate"),
        "yours rounds to the nearest": plan("images // n", "round(images / n)"),
        "look at the brackets": plan("images // n", "images // devices * batch_size"),
        "in a step come first": plan("return n, images // n", "return images // n, n"),
    },
    check.efficiency: {
        "That is the speed-up": efficiency(" / n"),
        "images per second of one process": efficiency(" / rates[1]"),
        "That is percent": efficiency("{n: ", "{n: 100 * "),
        "yours falls": "return {n: rates[1] / rates[n] for n in rates}",
        "Yours is upside down": "return {n: n * rates[1] / rates[n] for n in rates}",
        "Yours multiplies": efficiency("/ n", "* n"),
        "your function changes rates": "rates.update({n: rates[n] / rates[1] / n for n in rates})\nreturn rates",
        "the first of": efficiency("rates[1]", "next(iter(rates.values()))"),
        "takes the lowest": efficiency("rates[1]", "min(rates.values())"),
        "should be 1.1: yours is 1": efficiency(
            "rates[n] / rates[1] / n", "min(1, rates[n] / rates[1] / n)"
        ),
        "The result is a dict": "return 0.9",
        "the same numbers of processes": "return {2: 0.95}",
        "pairs come from .items()": "return {n: rate / rates[1] / n for n, rate in rates}",
        "speed-up is upside down": "return {n: rates[1] / rates[n] / n for n in rates}",
        "does rates[1] change before": "for n in rates:\n    rates[n] = rates[n] / rates[1] / n\nreturn rates",
    },
    check.serial_fraction: {
        "That is the efficiency": "return speed_up / n",
        "the share of the time that is left": "return 1 / speed_up",
        "the inverse of the time": "return (n * speed_up - 1) / (n - 1)",
        "Amdahl's law itself": "return 1 / (speed_up + (1 - speed_up) / n)",
        "what is lost of the speed-up": "return 1 - speed_up / n",
        "That is the parallel part": serial("return ", "return 1 - "),
        "that is s - s / n": "return 1 / speed_up - 1 / n",
        "Upside down": (
            serial("n / speed_up", "speed_up / n"),
            "return (n - 1) / (n / speed_up - 1)",
        ),
        "s (n - 1), not yet s": "return n / speed_up - 1",
        "one of them is enough": "return (1 / speed_up - 1 / n) / (n - 1)",
        "look at the signs": serial("(n - 1)", "(1 - n)"),
        "times add up": "return (n - speed_up) / (n - 1)",
    },
    check.job_script: {
        "the job is to have 2 nodes.\n#SBATCH --nodes=8": job(nodes=8),
        "one task for each device": job(ntasks_per_node=1),
        "a node has 4 GPUs, and each task needs one": job(gpus_per_node=8),
        "a node has 4 GPUs": job(gpus_per_node="gpu:4"),
        "--gpus-per-node: a node has 4 GPUs": script("--gpus-per-node=4", "--gres=cpu:4"),
        "There is no line #SBATCH --nodes": script("#SBATCH --nodes", "# SBATCH --nodes"),
        "down to the first command": script("#SBATCH --job-name", "hostname\n#SBATCH --job-name"),
        "only the shell is warned": job(warning="b:usr1@120"),
        "the tasks, which have to save, hear nothing": job(warning="B:SIGUSR1@120"),
        "the tasks wait for the signal SIGUSR1": (
            job(warning="SIGKILL@120"),
            job(warning="SIGUSR10@120"),
        ),
        "it does not say how early": job(warning="SIGUSR1"),
        "120 seconds early": job(warning="SIGUSR1@12"),
        "it is written signal@seconds": job(warning="SIGUSR1@2:00"),
        "signal@seconds, no more.\n#SBATCH --signal=tasks:": job(warning="tasks:SIGUSR1@120"),
        "signal@seconds, no more.\n#SBATCH --signal=SIGUSR1 @120": job(warning="SIGUSR1 @120"),
        "There is no line #SBATCH --requeue": job(may_return="requeue"),
        "without it the job may not come back": job(may_return="--no-requeue"),
        "it is a switch, and takes no value": job(may_return="--requeue=yes"),
        "would empty its log": job(log_mode="truncate"),
        "as a bare word": job(log_mode="--append"),
        "which waits for seven others: what starts them?\npython -m": (
            job(start="python"),
            job(start="srun hostname; python"),
            job(start="srun && python"),
        ),
        "what starts them?\nSRUN python": job(start="SRUN python"),
        "by srun, not by torchrun": job(start="torchrun"),
        "not by torch.distributed.run": job(start="srun python -m torch.distributed.run"),
        "not by mpiexec": job(start="mpiexec -n 8 python"),
        "srun comes first": job(start="python srun"),
        "which program does srun start?": job(start="srun"),
        "which program does srun start?\nsrun ipython": job(start="srun ipython"),
        "between python and its -m stands -m": job(start="srun python -m"),
        "between python and its -m stands helpers/train.py": job(
            start="srun python helpers/train.py"
        ),
        "names the program twice": job(start="srun python -m helpers.train fit"),
        "leave them out here": (
            job(start="srun -n 4 python"),
            job(start="srun -n 80 python"),
        ),
        "srun takes the numbers of the #SBATCH lines": job(start="srun --gpus-per-task=1 python"),
        "that disk is in one node": (
            job(folder="/local"),
            job(folder="/scratch/../local"),
            job(folder="$TMPDIR"),
        ),
        "which all nodes share": (job(folder="scratch"), job(folder="/Scratch")),
        "No line of the script trains": (
            script("helpers.train"),
            job(start="echo srun python"),
            job(start="# srun python"),
        ),
        "The shell cannot read this script": job(start="srun python 'it"),
        "it trains with fit": script(" fit ", " "),
        "hands them on": script(' "$@"'),
        "The script trains more than once": script(
            "srun", "srun python -m helpers.train fit\nsrun"
        ),
        "names its shell": script("#!/bin/bash\n"),
    },
    check.diagnosis: {
        "But how far had it come": {**DIAGNOSIS, "A": "4c"},
        "how many came": {**DIAGNOSIS, "A": "2f"},
        "who was told which": {**DIAGNOSIS, "B": "3b"},
        "an address was already in use": {**DIAGNOSIS, "C": "3b"},
        "look for the number of bytes": {**DIAGNOSIS, "D": "2f"},
        "what does SLURM say about its node": {**DIAGNOSIS, "E": "3b"},
        "no program made a mistake": {**DIAGNOSIS, "E": "6a"},
        "Would that cure help?": {**DIAGNOSIS, "C": "1f"},
        "srun is there already": {**DIAGNOSIS, "B": "5b"},
        "For C write a number and a letter": {**DIAGNOSIS, "C": "port"},
        "Log B has no answer yet": {"A": "3b"},
        "The answer is a dict": ["3b"],
    },
}

NOT_DONE = {
    check.job_script: [..., job(nodes=...), job(nodes="...")],
    check.diagnosis: [..., {"A": ..., "B": "1a"}],
}
