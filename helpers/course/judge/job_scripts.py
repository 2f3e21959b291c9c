"""Judge a job script that is to start eight processes on two nodes, one for each GPU."""

import posixpath
import re
import shlex

from helpers.course.judge.shell import JOB, Reading
from helpers.course.judge.verdict import expect

# For each #SBATCH line that a job script needs its usual mistakes: a pattern of what stands there,
# from its beginning on, and why that is wrong. The first pattern that matches counts.
MISTAKES = {
    "--nodes": {r"(?!2(-2)?$)": "the job is to have 2 nodes."},
    "--ntasks-per-node": {
        r"8$": "that is the number of all processes, and this line is for one node.",
        r"(?!4$)": "one process for each GPU, and a node has 4.",
    },
    "--gpus-per-node": {
        r"(?!([\w-]+:)?4$)|gpu:": "a node has 4 GPUs, and each process needs one of its own."
    },
    "--signal": {
        r"(?!(\w+:)?((SIG)?USR1|10)\b)": "the processes wait for the signal SIGUSR1.",
        r"R?BR?:": "with B: only the shell is warned; the processes, which have to save, hear"
        " nothing.",
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
# What other options about numbers may say, in #SBATCH lines and behind srun.
NUMBERS = {
    "--nodes": "2(-2)?",
    "--ntasks": "8",
    "--ntasks-per-node": "4",
    "--gpus": r"([\w-]+:)?8",
    "--gpus-per-node": r"([\w-]+:)?4",
    "--gpus-per-task": "none",
    "--gres": r"gpu:([\w-]+:)?4",
    "--array": "none",
}
SHORT = {"--": "--", "-N": "--nodes", "-n": "--ntasks", "-G": "--gpus", "-a": "--array"}
# Names of programs, patterns like the next ones.
STARTERS = "torchrun|torch.distributed.run|mpirun|mpiexec|accelerate|deepspeed|sbatch|salloc"
SHELLS = "bash|sh|ssh|xargs|parallel"
BEFORE_SRUN = r"(\S*/)?(exec|time|env|nice|nohup)|\w+=.*"
BEHIND_SRUN = (
    r"python[\d.]*|apptainer|singularity|podman|shifter|conda|mamba|micromamba|env|time|nice"
)
# Options of srun without a value, as -- is none.
SWITCHES = (
    "-[luvQEKO]|--(label|unbuffered|verbose|quiet|kill-on-bad-exit|exclusive|exact|overlap|pty|)"
)
# The program behind srun: Python with its own options, then the training with its options.
PYTHON = (
    r"(^|[ /])python[\d.]*( |$)"
    r"(?P<fit>(-[WX] \S+ |-(?!m )\S+ )*-m helpers\.train fit( |$))?"
)
OWN_NUMBERS = {
    "--trainer.devices": "4|auto",
    "--trainer.num_nodes": "2",
    "--trainer.accelerator": "gpu|cuda|auto",
    "--trainer.strategy": "auto|ddp.*|fsdp",
}
CANNOT_BE_READ = (
    "This may change what starts. Nothing of a script is run here, so that cannot be read for"
    " certain: leave it out."
)
SLURMS = r"\bCUDA_VISIBLE_DEVICES=|\b(SLURM|SRUN)_(?!CPUS_PER_TASK)\w+="


def look_at_job_script(script: str, *options: str) -> None:
    """Expect that SLURM starts eight processes that train, on two nodes with four GPUs each.

    Args:
        script: its text
        options: of sbatch for the script, which is to hand them on
    """
    expect("\r" not in script, r"SLURM refuses lines that end as on Windows: write \n, not \r\n.")
    filled = _sbatch_options(script)
    for needed, mistakes in MISTAKES.items():
        for pattern, why in mistakes.items():
            expect(
                needed in filled or not re.search(rf"\n#SBATCH\s+{needed}", script),
                "SLURM reads #SBATCH lines down to the first command: yours come below one.",
            )
            expect(needed in filled, f"There is no line #SBATCH {needed}: {why}")
            value, line = filled[needed]
            expect(not re.match(pattern, value, re.IGNORECASE), f"Look at this line: {why}\n{line}")
    for name, (value, line) in filled.items():
        expect(
            re.fullmatch(NUMBERS.get(name, ".*"), value),
            f"Look at this line: it does not fit the others, of 8 processes and 8 GPUs.\n{line}",
        )
    _look_at_start(Reading(script, options), options)


def _sbatch_options(script: str) -> dict:
    """Return the value of each option that SLURM reads, and its line.

    SLURM reads #SBATCH lines down to the first command.
    """
    expect(
        re.match(r"#!\s*/\S*(/env +)?\b(ba)?sh\b", script),
        "The first line of a script names its shell: #!/bin/bash",
    )
    filled = {}
    for line in script.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        if re.match(r"#SBATCH\s", line):
            text = re.sub("[\"']", "", line.partition(" #")[0])
            options, others = _split(text.replace("--no-requeue", "--requeue=no").split()[1:])
            for name, value in options.items():
                filled[_full_name(name)] = (" ".join([value, *others]), line)
    return filled


def _full_name(name: str) -> str:
    """Return the name of an option of SLURM, which takes its beginning, too, or one letter."""
    names = [full for full in (*NUMBERS, *MISTAKES) if full.startswith(name)]
    return SHORT.get(name) or [*names, name][0]


def _look_at_start(reading: Reading, options: tuple[str, ...]) -> None:
    """Expect that srun starts the training, with numbers that fit, a shared folder and options."""
    comes_too_late = reading.starts and reading.is_waited_for
    expect(not reading.unclear or comes_too_late, f"{CANNOT_BE_READ}\n{reading.unclear}")
    expect(reading.starts, "No line of the script trains: that is python -m helpers.train fit.")
    words = reading.starts[0]
    line = shlex.join(words)

    def look(condition, why):
        expect(condition, f"Look at this command: {why}\n{line}")

    expect(len(reading.starts) == 1, "The script trains more than once: one line is enough.")
    look(
        reading.is_waited_for,
        "with & and no wait, the script ends while it runs, and SLURM then ends the job.",
    )
    names = [posixpath.basename(word) for word in words]
    for name in names:
        look(
            not re.fullmatch(STARTERS, name),
            f"in a SLURM job, processes are started by srun, not by {name}.",
        )
    look(
        "srun" in names,
        "it starts one process on the first node, which waits for seven others: what starts them?",
    )
    place = names.index("srun")
    look(
        all(re.fullmatch(BEFORE_SRUN, word) for word in words[:place]),
        "srun comes first, and starts what follows it.",
    )
    runs_text = any(re.fullmatch(SHELLS, name) for name in names)
    expect(not runs_text and "$" not in line, f"{CANNOT_BE_READ}\n{line}")
    own = [f"{name}={value}" for name, value in reading.variables.items() if name not in JOB]
    for variable in [*own, *words]:
        look(
            not re.search(SLURMS, variable),
            f"SLURM tells each process its place, and its GPUs: leave {variable} out.",
        )
    srun_options, program = _split(words[place + 1 :])
    for name, value in srun_options.items():
        look(
            re.fullmatch(NUMBERS.get(_full_name(name), ".*"), value),
            "srun takes the numbers of the #SBATCH lines: leave them out here.",
        )
    started = re.search(PYTHON, " ".join(program))
    is_known = program and re.fullmatch(BEHIND_SRUN, posixpath.basename(program[0]))
    look(started and is_known, "which program does srun start?")
    look(started["fit"], "it trains by python -m helpers.train fit.")
    own_options, _ = _split(program[program.index("fit") + 1 :])
    for name, value in own_options.items():
        look(
            re.fullmatch(OWN_NUMBERS.get(name, ".*"), value),
            f"the training asks SLURM for its devices and nodes: leave {name} out.",
        )
    look(
        "--resume" not in own_options,
        "at the first start there is nothing to resume, and a job that comes back goes on by"
        " itself: leave --resume out.",
    )
    folder = posixpath.normpath(
        posixpath.join(reading.variables["PWD"], own_options.get("--run", ""))
    )
    look(
        not re.match(r"/(local|tmp|dev/shm)\b", folder),
        "that disk is in one node: the other one sees another folder.",
    )
    look(folder.startswith("/scratch/"), "the folder is to lie on /scratch, which all nodes share.")
    look(
        own_options.items() >= _split(options)[0].items(),
        'sbatch takes options for the program behind the name of the script: "$@" hands them on.',
    )


def _split(words: list[str]) -> tuple[dict[str, str], list[str]]:
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
