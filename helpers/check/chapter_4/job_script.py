"""The job script with its blanks filled in, for two nodes with four GPUs each."""

import re

from helpers.check.judge import Look, NotDone, exercise, expect, kind

STARTERS = r"torchrun|torch\.distributed\.run|mpirun|mpiexec|accelerate|deepspeed|sbatch|salloc"
NUMBERS = r".* (?!-n ?8|--ntasks=8)(-[nNG]|--(nodes|ntasks|gpus|gres))"

# For each blank of the job script its usual mistakes: a pattern of what stands there, from its
# beginning on, and why that is wrong. The first pattern that matches counts.
MISTAKES = {
    "--nodes": {r"(?!2(-2)?$)": "the job is to have 2 nodes."},
    "--ntasks-per-node": {r"(?!4$)": "one task for each device, and a node has 4."},
    "--gpus-per-node": {
        r"(?!([\w-]+:)?4(,|$))|gpu:": "a node has 4 GPUs, and each task needs one of its own.",
    },
    "--signal": {
        r"(?!.*USR1|(R:)?10\b)": "the tasks wait for the signal SIGUSR1.",
        r"R?BR?:": "with B: only the shell is warned; the tasks, which have to save, hear nothing.",
        r"(R:)?\w+$": "it does not say how early; without @ it is 60 seconds.",
        r"(?!(R:)?\w+@\d+$)": "it is written signal@seconds, no more.",
        r"(?!.*@120$)": "the warning is to come 120 seconds early.",
    },
    "--requeue": {
        r".": "without it the job may not come back; it is a switch, and takes no value.",
    },
    "--open-mode": {
        r"t(runcate)?$": "a job that comes back would empty its log.",
        r"(?!a(ppend)?$)": "the mode is append or truncate, as a bare word.",
    },
    "srun": {
        r".*helpers\.train": "it names the program twice.",
        rf".*\b({STARTERS})\b": "in a SLURM job, tasks are started by srun, not by {}.",
        r"(?!.*srun)": (
            "it starts one process on the first node, which waits for seven others:"
            " what starts them?"
        ),
        r".*\bpython.* srun": "srun comes first, and starts what follows it.",
        NUMBERS: "srun takes the numbers of the #SBATCH lines: leave them out here.",
        r".*\bpython\S* (-m|[^-]\S*)": "between python and its -m stands {}.",
        r"(?!.*\bsrun .*\bpython)": "which program does srun start?",
    },
    "folder": {
        r"/(local|tmp|dev/shm)\b|\$TMPDIR": (
            "that disk is in one node: the other one sees another folder."
        ),
        r"(?!/scratch/)": "the folder is to lie on /scratch, which all nodes share.",
    },
}
_JOB_SCRIPT = """#!/bin/bash
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
srun python -m helpers.train fit --run=/scratch/runs/$SLURM_JOB_ID "$@"
"""


@exercise("A job script", ours=_JOB_SCRIPT)
def job_script(answer: str) -> str:
    expect(isinstance(answer, str), f"Hand over the script, as a string: this is {kind(answer)}.")
    if "Ellipsis" in answer or "=..." in answer:
        raise NotDone
    filled = _filled_blanks(answer)
    expect("srun" in filled, "No line of the script trains: that is python -m helpers.train fit.")
    for blank, mistakes in MISTAKES.items():
        for pattern, why in mistakes.items():
            expect(blank in filled, f"There is no line #SBATCH {blank}: {why}")
            value, line = filled[blank]
            wrong = re.match(pattern, value, re.IGNORECASE)
            if wrong:
                raise Look(f"Look at this line: {why.format(*wrong.groups())}\n{line}")
    return "eight processes on two nodes, and a job that comes back."


def _filled_blanks(script: str) -> dict[str, tuple[str, str]]:
    """Return the value in each blank of a job script, and its line."""
    filled = {}
    for line in script.replace("\\\n", " ").splitlines():
        text = re.sub(r"\s+#.*", "", line)
        command = re.match(r"(.*) -m helpers\.train fit\b.* --run[= ]\W*?(/?\w\S*)", text)
        if text.startswith("#SBATCH "):
            text = re.sub(r"-N ?(?=\d)", "--nodes=", text)
            text = text.replace("--gres=gpu:", "--gpus-per-node=")
            for option in re.split(r"\s+(?=-)", text)[1:]:
                name, _, value = option.replace("=", " ", 1).partition(" ")
                filled[name] = (value.strip(), line)
        elif command:
            filled["srun"] = (command[1], line)
            filled["folder"] = (command[2], line)
    return filled
