"""Judge a job script that is to start eight processes on two nodes, one for each GPU."""

import posixpath
import re
import shlex

from helpers.course.judge.shell import JOB, is_listed, read_start
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
    "--time": {
        r"(?!UNLIMITED|(\d+-)?\d+(:\d\d?)*$)": "a time is written hours:minutes:seconds.",
        r"((0+-)?0+:)?0*[0-2]?(:\d+)?$": "the warning comes 120 seconds before the end, so a job"
        " needs more time; 2 and 2:00 are two minutes.",
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
# Options of SLURM, in #SBATCH lines and behind srun, that fit eight processes with a GPU each: a
# pattern on each line. Switches take no value, as -- is none.
SWITCHES = "-[luvQK]|--(label|unbuffered|verbose|quiet|kill-on-bad-exit|exclusive|exact|overlap|)"
OPTIONS = rf"""
(--nodes|-N)=2(-2)?
(--ntasks|-n)=8
--ntasks-per-node=4
(--gpus|-G)=([\w-]+:)?8
--gpus-per-node=([\w-]+:)?4
--gres=gpu:([\w-]+:)?4
--gpu-bind=closest
(--cpus-per-task|-c)=[1-9]\d?
--cpu-bind=\w+
--mem(-per-[cg]pu)?=(0|\d+[GT])
--(job-name|account|partition|qos|constraint|mail-type|mail-user|hint|distribution)=[^"']+
--(output|error|container-image|container-mounts)=[^"']+
-[JApqCmoe]=[^"']+
--(wait|mpi)=\w+
({SWITCHES})=[01]?
"""
# Options of the training that leave it on these devices, and let it begin.
OWN_OPTIONS = r"""
--(run|seed_everything|(data|model)\.\w+)=.+
--trainer\.(precision|log_every_n_steps|enable_progress_bar|enable_model_summary)=.+
--trainer\.max_epochs=[1-9]\d*
--trainer\.devices=(4|auto)
--trainer\.num_nodes=2
--trainer\.accelerator=(gpu|cuda|auto)
--trainer\.strategy=(auto|ddp|fsdp)
"""
# Names of programs.
STARTERS = "torchrun|torch.distributed.run|mpirun|mpiexec|accelerate|deepspeed|sbatch|salloc"
BEFORE_SRUN = r"(\S*/)?(exec|time|env|nice|nohup)|\w+=.*"
# The program behind srun: Python with its own options, perhaps in a container.
PROGRAM = (
    r"((\S*/)?((apptainer|singularity) exec( --nv| (--bind|-B)[ =]\S+)* [^\s-]\S*|time|nice"
    r"|env( \w+=\S+)*|(conda|mamba|micromamba) run( -[np] \S+| --no-capture-output)*) )*"
    r"(\S*/)?python[\d.]*( -[WX] \S+| -[uO])* -m helpers\.train fit( |$)"
)
# Variables that are SLURM's. Its number of cores may be handed on.
SLURMS = (
    r"\b((CUDA|NVIDIA|HIP|ROCR)_VISIBLE_DEVICES|\w*RANK|\w*WORLD_SIZE|MASTER_ADDR"
    r"|(SLURM|SRUN)_(?!CPUS_PER_TASK=\d\d?$)\w+)="
)


def look_at_job_script(script: str, *options: str) -> None:
    """Expect that SLURM starts eight processes that train, on two nodes with four GPUs each.

    Args:
        script: its text
        options: of sbatch for the script, which is to hand them on
    """
    expect("\r" not in script, r"SLURM refuses lines that end as on Windows: write \n, not \r\n.")
    expect(
        re.match(r"#! */(usr/)?bin/(env +)?(ba)?sh( -[elux]+)* *\n", script),
        "The first line of a script names its shell: #!/bin/bash",
    )
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
            name in MISTAKES or is_listed(f"{name}={value}", OPTIONS),
            "Look at this line: it does not fit the others, of 8 processes and 8 GPUs, or cannot be"
            f" read for certain: leave it out.\n{line}",
        )
    _look_at_start(script, options)


def _sbatch_options(script: str) -> dict:
    """Return the value of each option that SLURM reads, and its line.

    SLURM reads #SBATCH lines down to the first command.
    """
    filled = {"--time": ("UNLIMITED", "")}  # what a partition may allow
    for line in script.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        if re.match(r"#SBATCH\s", line):
            text = re.sub(r"([\"'])(\S[^\"']*)\1", r"\2", line.partition(" #")[0])
            options, others = _split(text.replace("--no-requeue", "--requeue=no").split()[1:])
            for name, value in options.items() or [("", "")]:
                name = {"-N": "--nodes", "-t": "--time", "--": ""}.get(name, name)
                filled[name] = (" ".join([value, *others]), line)
    return filled


def _look_at_start(script: str, options: tuple[str, ...]) -> None:
    """Expect that srun starts the training, with numbers that fit, a shared folder and options."""
    words, variables, unclear = read_start(script, options)
    line = shlex.join(words)

    def look(condition, why):
        expect(condition, f"Look at this command: {why}\n{line}")

    names = [posixpath.basename(word) for word in words]
    for name in names:
        look(
            not re.fullmatch(STARTERS, name),
            f"in a SLURM job, processes are started by srun, not by {name}.",
        )
    look(
        "srun" in names,
        "it starts one process on the first node, and seven others are missing: what starts them?",
    )
    place = names.index("srun")
    look(
        all(re.fullmatch(BEFORE_SRUN, word) for word in words[:place]),
        "srun comes first, and starts what follows it. Nothing else can be read for certain.",
    )
    expect(
        not unclear,
        "This may change the training, or end it. Nothing of a script is run here, so that cannot"
        f" be read for certain: leave it out.\n{unclear}",
    )
    own = [f"{name}={value}" for name, value in variables.items() if name not in JOB]
    for variable in own + words:
        look(
            not re.search(SLURMS, variable),
            f"SLURM tells each process its place, and its GPUs: leave {variable} out.",
        )
    srun_options, program = _split(words[place + 1 :])
    for name, value in srun_options.items():
        look(
            is_listed(f"{name}={value}", OPTIONS),
            "srun takes the numbers of the #SBATCH lines, and other options cannot be read for"
            f" certain: leave {name} out.",
        )
    look(
        re.match(PROGRAM, shlex.join(program)),
        "which program does srun start? Only python -m helpers.train fit, perhaps in a container,"
        " can be read for certain.",
    )
    own_options, others = _split(program[program.index("fit") + 1 :])
    look(
        "--resume" not in own_options,
        "at the first start there is nothing to resume, and a job that comes back goes on by"
        " itself: leave --resume out.",
    )
    for name, value in own_options.items():
        look(
            is_listed(f"{name}={value}", OWN_OPTIONS),
            "the training asks SLURM for its devices and nodes, and other options"
            f" cannot be read for certain: leave {name} out.",
        )
    folder = posixpath.normpath(posixpath.join(variables["PWD"], own_options.get("--run", "")))
    look(
        not re.match(r"/(local|tmp|dev/shm)\b", folder),
        "that disk is in one node: the other one sees another folder.",
    )
    look(folder.startswith("/scratch/"), "the folder is to lie on /scratch, which all nodes share.")
    look(
        own_options.items() >= _split(options)[0].items(),
        'sbatch takes options for the program behind the name of the script: "$@" hands them on.',
    )
    look(not others, f"the training takes options only: leave {others} out.")


def _split(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the options at the beginning, and the other words."""
    options = {}
    while words and words[0].startswith("-"):
        word, *words = words
        name, _, value = word.partition("=")
        if re.match(r"-\w\w", name):  # -n8
            name, value = name[:2], name[2:]
        is_switch = re.fullmatch(SWITCHES, name)
        if not value and not is_switch and words and not words[0].startswith("-"):
            value, *words = words
        options[name] = value
    return options, words
