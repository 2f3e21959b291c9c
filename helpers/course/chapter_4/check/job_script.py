"""mend(script) gives a job script for two nodes with four GPUs each, without its faults."""

import posixpath
import re
import shlex
from pathlib import Path

from helpers.course.chapter_4.shell import started_by
from helpers.course.judge import Solution, WrongAnswer, call, exercise, expect, kind

# For each #SBATCH line of the job script its usual mistakes: a pattern of what stands there, from
# its beginning on, and why that is wrong. The first pattern that matches counts.
MISTAKES = {
    "--nodes": {r"(?!2(-2)?$)": "the job is to have 2 nodes."},
    "--ntasks-per-node": {r"(?!4$)": "one task for each device, and a node has 4."},
    "--gpus-per-node": {
        r"(?!([\w-]+:)?4$)|gpu:": "a node has 4 GPUs, and each task needs one of its own."
    },
    "--signal": {
        r"(?!(\w+:)?((SIG)?USR1|10)\b)": "the tasks wait for the signal SIGUSR1.",
        r"R?BR?:": "with B: only the shell is warned; the tasks, which have to save, hear nothing.",
        r"(R:)?\w+$": "it does not say how early; without @ it is 60 seconds.",
        r"(?!(R:)?\w+@\d+$)": "it is written signal@seconds, no more.",
        r"(?!.*@120$)": "the warning is to come 120 seconds early.",
    },
    "--requeue": {
        r".": "without it the job may not come back; it is a switch, and takes no value."
    },
    "--open-mode": {
        r"t(runcate)?$": "a job that comes back would empty its log.",
        r"(?!a(ppend)?$)": "the mode is append or truncate, as a bare word.",
    },
}
# Names of programs, a pattern like the next one.
STARTERS = "torchrun|torch.distributed.run|mpirun|mpiexec|accelerate|deepspeed|sbatch|salloc"
# Options of srun without a value, as -- is none, and what its options about numbers may say here.
SWITCHES = (
    "-[luvQEK]|--(label|unbuffered|verbose|quiet|kill-on-bad-exit|exclusive|exact|overlap|pty|)"
)
COUNTS = {"-n": "8", "--ntasks": "8", "-N": "2", "--nodes": "2", "--ntasks-per-node": "4"}
# The program behind srun: Python with its own options, then the training with its options.
PYTHON = (
    r"(^|[ /])python[\d.]*( |$)"
    r"(?P<fit>(-[WX] \S+ |-(?!m )\S+ )*-m helpers\.train fit( |$))?(?P<options>.*)"
)
OPTION = "--trainer.max_epochs=7"  # handed to the script, which is to hand it on
FAULTY = Path(__file__).parents[1] / "faulty.sbatch"


solution = Solution(
    r"""
def mend(script):
    script = script.replace("@120", "@120\n#SBATCH --requeue")
    script = script.replace("/local", "/scratch")
    return script.replace("python", "srun python")
""",
    {},
)


@exercise("A job script", ours=solution)
def job_script(answer) -> str:
    script = call(answer, script=FAULTY.read_text())
    expect(isinstance(script, str), f"Return the script, as a text: yours is {kind(script)}.")
    try:
        commands = started_by(script, OPTION)
    except OSError:
        commands = None  # there is no bash to read it
    except ValueError as error:
        raise WrongAnswer(f"The shell cannot read this script: {error}") from None
    filled = _sbatch_options(script)
    for blank, mistakes in MISTAKES.items():
        for pattern, why in mistakes.items():
            expect(
                blank in filled or f"\n#SBATCH {blank}" not in script,
                "SLURM reads #SBATCH lines down to the first command: yours come below one.",
            )
            expect(blank in filled, f"There is no line #SBATCH {blank}: {why}")
            value, line = filled[blank]
            expect(not re.match(pattern, value, re.IGNORECASE), f"Look at this line: {why}\n{line}")
    if commands is None:
        return "as far as its #SBATCH lines go. There is no bash here to read the rest with."
    _look_at_commands(commands)
    return "eight processes on two nodes, and a job that comes back."


def _sbatch_options(script: str) -> dict:
    """Return the value of each option that SLURM reads, and its line.

    SLURM reads #SBATCH lines down to the first command.
    """
    expect(script.startswith("#!"), "The first line of a script names its shell: #!/bin/bash")
    filled = {}
    for line in script.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        if line.startswith("#SBATCH "):
            text = line.partition(" #")[0].replace("--no-requeue", "--requeue=no")
            text = re.sub("[\"']", " ", text)
            for name, value in re.findall(r"\s(--[\w-]+)=?((?:(?!\s-).)*)", text):
                for option in MISTAKES:
                    # SLURM takes the beginning of a name, too, unless it is a name itself
                    if option.startswith(name) and name not in ("--ntasks", "--gpus"):
                        filled[option] = (value.strip(), line)
    return filled


def _look_at_commands(commands: list[list[str]]) -> None:
    """Expect that srun starts the training, with numbers that fit, a shared folder and "$@"."""
    training = [line for line in map(" ".join, commands) if "helpers.train" in line]
    expect(training, "No line of the script trains: that is python -m helpers.train fit.")
    words = training[0].split()  # of bash -c "..." the words as well
    line = shlex.join(words)

    def look(condition, why):
        expect(condition, f"Look at this command: {why}\n{line}")

    expect(len(training) == 1, "The script trains more than once: one line is enough.")
    look(
        ["&"] not in commands,
        "with & and no wait, the script ends while it runs, and SLURM then ends the job.",
    )
    names = [posixpath.basename(word) for word in words]
    for name in names:
        look(
            not re.fullmatch(STARTERS, name),
            f"in a SLURM job, tasks are started by srun, not by {name}.",
        )
    look(
        "srun" in names,
        "it starts one process on the first node, which waits for seven others: what starts them?",
    )
    before = names[: names.index("srun")]
    look(
        not any(name.startswith("python") for name in before),
        "srun comes first, and starts what follows it.",
    )
    options, rest = _split(words[len(before) + 1 :])
    for name, value in options.items():
        asks_for_gpus = name.startswith(("--gpu", "--gres", "-G"))
        look(
            not asks_for_gpus and value == COUNTS.get(name, value),
            "srun takes the numbers of the #SBATCH lines: leave them out here.",
        )
    started = re.search(PYTHON, " ".join(rest))
    look(started, "which program does srun start?")
    look(started["fit"], "it trains by python -m helpers.train fit.")
    options, _ = _split(started["options"].split())
    folder = posixpath.normpath(options.get("--run") or ".")
    look(
        not re.match(r"/(local|tmp|dev/shm)\b", folder),
        "that disk is in one node: the other one sees another folder.",
    )
    look(folder.startswith("/scratch/"), "the folder is to lie on /scratch, which all nodes share.")
    look(
        OPTION in rest,
        'sbatch takes options for the program behind the name of the script: "$@" hands them on.',
    )


def _split(words: list[str]) -> tuple:
    """Return the options at the beginning, and the other words."""
    options = {}
    while words and words[0].startswith("-"):
        name, _, value = words[0].partition("=")
        words = words[1:]
        if re.match(r"-\w\w", name):  # -n8
            name, value = name[:2], name[2:]
        is_switch = re.fullmatch(SWITCHES, name)
        if not value and not is_switch and words and not words[0].startswith("-"):
            value = words[0]
            words = words[1:]
        options[name] = value
    return options, words
