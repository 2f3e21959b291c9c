"""The job script with nodes, processes on each node, and the warning filled in."""

import re

from helpers.course.judge import NotDone, exercise, expect, kind


@exercise("A job for eight GPUs")
def job(answer: str) -> str:
    expect(isinstance(answer, str), f"Hand over the script, as a string: this is {kind(answer)}.")
    blanks = r"^#SBATCH --(nodes|ntasks-per-node|signal)=[\"']?([^\s\"']*)"
    filled = dict(re.findall(blanks, answer, re.MULTILINE))
    expect(len(filled) == 3, "Keep the three lines as they are, and fill in only the blanks.")
    nodes = filled["nodes"]
    processes = filled["ntasks-per-node"]
    warning = filled["signal"]
    if "Ellipsis" in answer:
        raise NotDone
    expect(nodes in ("2", "2-2"), f"The job should have two nodes: yours has {nodes}.")
    each = "one process for each GPU, and a node has four"
    expect(
        processes != "8",
        f"That is the number of all processes: the line is for one node, with {each}.",
    )
    expect(processes == "4", f"It takes {each}: yours has {processes}.")
    expect(
        not warning.upper().startswith("B:"),
        "With B: SLURM warns only the shell: the processes, which have to save, hear nothing.",
    )
    name, at, seconds = warning.removeprefix("R:").partition("@")
    expect(
        name.upper() in ("USR1", "SIGUSR1", "10"),
        f"The processes wait for SIGUSR1: yours is {warning}.",
    )
    expect(at, "It does not say how early: write the signal, @ and the seconds, without spaces.")
    expect(
        seconds == "120",
        f"The warning should come 120 seconds early, as a plain number: yours has {seconds}.",
    )
    expect(
        re.match(r"(?s)(?!.*--no-requeue).*--gpus-per-node=([\w-]+:)?4\n.*\nsrun ", answer),
        "Leave the other lines as they are: four GPUs a node, --requeue, and srun, which starts"
        " the processes.",
    )
    return "eight processes, warned two minutes before the job ends."
