"""Answers to the exercises of chapter 4."""

from fractions import Fraction
from functools import lru_cache

from helpers.course.chapter_4 import check
from helpers.course.chapter_4.check.job_script import FAULTY
from tests.course.judge.answers import edited

mean = edited("""\
total = sum(counts)
return {n: sum(k * own[n] for k, own in zip(counts, gradients)) / total for n in gradients[0]}""")
STACKED = """\
shares = torch.tensor(counts) / sum(counts)
return {n: torch.einsum("k,k...->...", shares, torch.stack([own[n] for own in gradients])) for n in gradients[0]}"""

plan = edited("""\
n = devices * batch_size
factor = devices if optimizer == "SGD" else devices**0.5
return n, images // n, factor * rate""")

serial = edited("return (n / speed_up - 1) / (n - 1)")

PARTS = {
    "nodes": "--nodes=2",
    "ntasks_per_node": "--ntasks-per-node=4",
    "gpus_per_node": "--gpus-per-node=4",
    "warning": "--signal=SIGUSR1@120",
    "log_mode": "--open-mode=append",
}
MENDED = (
    FAULTY.read_text()
    .replace("\n#SBATCH --requeue\n", "\nsrun ")
    .replace("@120", "@120\n#SBATCH --requeue")
    .replace("/local", "/scratch")
)


def returns(text: str):
    """An answer that gives this script."""
    return lambda script: text


def script(old: str = "", new: str = ""):
    """The mended script with new in place of old, which has to be there."""
    return returns(edited(MENDED)(old, new))


def started_by(*texts: str):
    """The mended script with each of these texts in place of srun python."""
    return tuple(job(text) for text in texts)


def before(*lines: str):
    """The mended script with each of these lines before its last one."""
    return tuple(script("srun", f"{line}\nsrun") for line in lines)


def behind(*texts: str):
    """The mended script with each of these texts behind it."""
    return tuple(script('"$@"', f'"$@"{text}') for text in texts)


def sbatch(*options: str):
    """The mended script with one more #SBATCH line, of each of these options."""
    return tuple(script("#SBATCH --nodes", f"#SBATCH {each}\n#SBATCH --nodes") for each in options)


def job(start: str = "srun python", folder: str = "/scratch", may_return="--requeue", **values):
    """The mended script with other parts."""
    text = MENDED.replace("srun python", start).replace("/scratch", folder)
    text = text.replace("--requeue", may_return)
    for name, value in values.items():
        option = PARTS[name].partition("=")[0]
        text = edited(text)(PARTS[name], f"{option}={value}")
    return returns(text)


mend = edited("""\
script = script.replace("@120", "@120\\n#SBATCH --requeue")
return script.replace("/local", "/scratch").replace("python", "srun python")""")
MOVED = """\
lines = script.replace("/local", "/scratch").replace("\\npython", "\\nsrun python").splitlines()
lines.remove("#SBATCH --requeue")
lines.insert(1, "#SBATCH --requeue")
return "\\n".join(lines)"""
EXPORTS_LAST = """\
head, rest = script.split("\\nexport", 1)
exports, requeue, train = rest.partition("#SBATCH --requeue")
return head + requeue + "\\nexport" + exports + "srun" + train.replace("local", "scratch").replace("\\n", " ")"""
DIAGNOSIS = {"A": "3b", "B": "5d", "C": "1e", "D": "6a", "E": "2f"}


RIGHT = {
    check.average: [
        mean(),
        STACKED,
        mean("k * own[n]", "own[n] * k"),
        mean("total = sum(counts)", "total = torch.tensor(counts).sum()"),
    ],
    check.plan: [
        plan(),
        plan("return n, images // n, factor * rate", "return [n, int(images / n), rate * factor]"),
        plan("images // n", "images // devices // batch_size"),
        plan("devices**0.5", "math.sqrt(devices)"),
        plan(
            'devices if optimizer == "SGD" else devices**0.5',
            "{'SGD': devices, 'Adam': devices**0.5}[optimizer]",
        ),
        plan("n, images // n, factor * rate", "torch.tensor([n, images // n, factor * rate])"),
        plan("n, images // n", "np.int64(n), np.int64(images // n)"),
        lru_cache(lambda *given, **named: check.plan.ours(*given, **named)),
    ],
    check.serial_fraction: [
        serial(),
        "return (1 / speed_up - 1 / n) / (1 - 1 / n)",
        lambda n, speed_up: (Fraction(n) / Fraction(speed_up) - 1) / (n - 1),
    ],
    check.job_script: [
        mend(),
        mend('script.replace("/local", "/scratch")', 'script.replace("local", "scratch")'),
        mend('replace("python", "srun python")', 'replace("python -m", "srun python -m")'),
        MOVED,
        EXPORTS_LAST,
        script("--nodes=2", "--nodes 2"),
        job(nodes="2-2"),
        job(warning='"SIGUSR1@120"'),
        job(warning="'R:USR1@120'"),
        job(gpus_per_node="h100-80gb:4"),
        job(warning="USR1@120", log_mode="a"),
        job(warning="R:SIGUSR1@120", may_return="--requeue  # it comes back"),
        script("2\n#SBATCH --ntasks-per-node", "2 --ntasks-per-node"),
        script("requeue\n#SBATCH", "requeue"),
        *started_by(
            "time srun --label \\\n    -n 8 python -u",
            "cd $HOME && env A=1 srun -- python -W ignore -u",
            "RUN=1\nsrun $PYTHON",
            "srun --label apptainer exec --nv course.sif python",
            "srun --label --cpu-bind=cores /opt/env/bin/python3.12",
            "srun conda run -n snn python",
            "module load python && srun python",
            "srun apptainer exec python.sif python",
            "srun --container-image=python:3.12 python",
            "srun --ntasks 8 python",
            "srun -N 2 -n8 python",
            "srun --gpu-bind=closest python",
            "srun -c $SLURM_CPUS_PER_TASK -K1 --wait=30 python3",
            "exec srun $(which python)",
            "/usr/bin/srun python",
        ),
        *before(
            "set -euo pipefail\nsource /opt/env/bin/activate",
            "srun hostname",
            "exec > >(tee -a log) 2>&1\n[[ -d /scratch && -w /scratch ]] || exit 1",
            "if [ ! -d /scratch/runs ]; then\n    mkdir -p /scratch/runs\nfi",
            'test -d /scratch || { echo "no /scratch"; exit 1; }',
            "if [ -d /scratch ]; then :; else exit 1; fi",
            '. "$HOME/snn/bin/activate" || exit 1',
            'conda activate snn\nulimit -n 4096\nprintf "%s" 1\nscontrol show nodes',
            'RUN=/scratch/1\nmkdir -p "$RUN" && cd $RUN\necho "$(date): job (1)"',
        ),
        *behind(
            " > train.log &\nwait",
            " >> /scratch/logs/$SLURM_JOB_ID.log 2>&1",
            " |& tee -a train.log\nstatus=$?\nif ((status)); then kill 0; fi",
            "\nif [ $? -ne 0 ]; then\n    echo failed\nfi\nexit",
        ),
        script(
            '--run=/scratch/runs/$SLURM_JOB_ID "$@"',
            '--run "/scratch/$SLURM_JOB_ID" "$@"  # not torchrun',
        ),
        script("fit ", "fit --data.num_workers 4 --trainer.accelerator=gpu "),
        script(
            "#SBATCH --nodes",
            "# SBATCH lines are for SLURM\n##SBATCH --partition=gpu\n#SBATCH --nodes",
        ),
        script("2\n", "2   \n"),
        script(
            "srun python -m helpers.train fit --run=",
            "cd /\nsrun python -m helpers.train fit --run=./",
        ),
        script("SBATCH --nodes", "SBATCH\t--nodes"),
        script("01:00:00", "0-02:00"),
        *sbatch("-n 8 --gres=gpu:4", "-A me -p gpu --mem=0 --exclusive"),
    ],
    check.missing: [{"process": 1, "line": 11}, {"line": 10, "process": 1}],
    check.diagnosis: [
        DIAGNOSIS,
        {letter.lower(): said for letter, said in DIAGNOSIS.items()},
        {letter: said.upper() for letter, said in DIAGNOSIS.items()},
        {letter: " ".join(said) for letter, said in DIAGNOSIS.items()},
    ],
}

WRONG = {
    check.average: {
        "Yours is the plain mean": "return {n: torch.stack([own[n] for own in gradients]).mean(dim=0) for n in gradients[0]}",
        "The gradient of conv.weight[0, 0, 0] should be": mean("/ total", "/ 32"),
        "of the first process alone": "return gradients[0]",
        "or the counts in place": (
            "total = sum(counts)\n"
            "for n, count in enumerate(counts):\n    counts[n] = count / total\n"
            "return {n: sum(k * own[n] for k, own in zip(counts, gradients)) for n in gradients[0]}"
        ),
        "the processes may still need": "mean = gradients.pop()\nreturn mean",
        "there may be more": """\
a, b = counts[:2]
return {n: (a * gradients[0][n] + b * gradients[1][n]) / (a + b) for n in gradients[0]}""",
        "add up": (
            "for k, own in zip(counts, gradients):\n    mean = {n: k * g / sum(counts) for n, g in own.items()}\nreturn mean"
        ),
        "from names to gradients: yours is a list of 2": "return list(gradients[0].values())",
        "The names should be conv.weight": "return {'out.weight': gradients[0]['out.weight']}",
        "list index out of range": mean("in gradients[0]", "in gradients[1]"),
        "There is no arithmetic with dicts": "return sum(gradients) / len(gradients)",
        "It is a list of dicts": "return {n: g / 2 for n, g in gradients.items()}",
    },
    check.plan: {
        "learning rate, in this order: yours is a tuple of 2": plan(", factor * rate"),
        "steps in an epoch, learning rate, in this order: yours is of type int": (
            "return devices * batch_size"
        ),
        "yours counts it": plan("images // n", "-(-images // n)"),
        "the other way round": plan('== "SGD"', '== "Adam"'),
        "not by the images": plan("factor * rate", "n * rate"),
        "without an optimiser it is Adam": (
            lambda devices, optimizer="SGD", *others: check.plan.ours(devices, optimizer, *others)
        ),
        "there are 8250 images in batches of 64": lambda devices, optimizer="Adam", images=60000, *others: (
            check.plan.ours(devices, optimizer, images, *others)
        ),
    },
    check.serial_fraction: {
        "That is the parallel part": "return (n - n / speed_up) / (n - 1)",
        "serial_fraction(2, 1.6) should be": serial("speed_up - 1)", "speed_up)"),
        "Upside down": "return (n - 1) / (n / speed_up - 1)",
        "serial_fraction(4, 5.0) should be -0.06667: yours is 0": (
            "return max(0, (n / speed_up - 1) / (n - 1))"
        ),
        "one of them is enough": "return (1 / speed_up - 1 / n) / (n - 1)",
    },
    check.job_script: {
        "SLURM reads #SBATCH lines down to the first command": (
            "return script",
            mend("\\n#SBATCH --requeue"),
            "return script.replace('/local', '/scratch').replace('python', 'srun python')",
        ),
        "seven others are missing": mend("srun "),
        "that disk is in one node: the other one": mend('.replace("/local", "/scratch")'),
        "Look at this line: without it the job may not come back": (
            mend("#SBATCH --requeue", "#SBATCH --requeue\\n#SBATCH --no-requeue"),
            mend("#SBATCH --requeue", "#SBATCH --no-requeue"),
        ),
        "Return the script, as a text: yours is a list": mend(
            "return script", "return script.splitlines()\nreturn script"
        ),
        "returns None: does it": mend("return script.", "script."),
        "the job is to have 2 nodes.\n#SBATCH --nodes=8": job(nodes=8),
        "one process for each GPU": job(ntasks_per_node=1),
        "a node has 4 GPUs, and each process needs one": job(gpus_per_node=8),
        "a node has 4 GPUs": job(gpus_per_node="gpu:4"),
        "There is no line #SBATCH --nodes": script("#SBATCH --nodes", "# SBATCH --nodes"),
        "down to the first command": script("#SBATCH --job-name", "hostname\n#SBATCH --job-name"),
        "only the shell is warned": job(warning="b:usr1@120"),
        "the processes, which have to save, hear nothing": job(warning="B:SIGUSR1@120"),
        "the processes wait for the signal SIGUSR1": (
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
        "seven others are missing: what starts them?\npython -m": started_by(
            "python", "srun hostname; python", "srun && python"
        ),
        "what starts them?\nSRUN python": job("SRUN python"),
        "by srun, not by torchrun": job("torchrun"),
        "not by torch.distributed.run": job("srun python -m torch.distributed.run"),
        "not by mpiexec": job("mpiexec -n 8 python"),
        "srun comes first": started_by(
            "python srun",
            "start() { srun python",
            "if [ -d /scratch ]; then srun python",
            "timeout 60 srun python",
        ),
        "which program does srun start?": (
            *started_by(
                "srun",
                "srun ipython",
                "srun python -m",
                "srun python helpers/train.py",
                "srun timeout 60 python",
                "srun env -i python",
                "srun python -V",
                "srun apptainer help exec python",
            ),
            script(" fit ", " "),
            script("python -m helpers.train fit", "bash -c 'python -m helpers.train fit'"),
        ),
        "srun takes the numbers of the #SBATCH lines": started_by(
            "srun -n 4 python",
            "srun -n 80 python",
            "srun --gpus-per-task=1 python",
            "srun --nodelist=node1 python",
            "srun -t 1 python",
            "srun --gpu-bind=map_gpu:0 python",
            "srun --chdir=/local python",
        ),
        "that disk is in one node": (
            job(folder="/local"),
            job(folder="/scratch/../local"),
            job(folder="$TMPDIR"),
        ),
        "which all nodes share": (job(folder="scratch"), job(folder="/Scratch")),
        "No line of the script trains": (
            script("helpers.train"),
            job("echo srun python"),
            job("# srun python"),
        ),
        "This line cannot be read: No closing quotation": job("srun python 'it"),
        "hands them on": (
            script(' "$@"'),
            script('"$@"', '"$1"'),
            script('"$@"', '"$*"'),
            script('"$@"', '"$@" --trainer.max_epochs=1'),
        ),
        "The script trains more than once": script(
            "srun", "srun python -m helpers.train fit\nsrun"
        ),
        "with & and no wait": behind(" &", " | tee log &"),
        "it does not fit the others": sbatch(
            "--gres=gpu:1", "-n 2", "--array=0-3", "--nodelist=node1", "--hold", "hetjob", "-- -N 2"
        ),
        "the warning comes 120 seconds before the end": (
            script("01:00:00", "1"),
            script("01:00:00", "02:00"),
            script("01:00:00", "0-0:01:30"),
        ),
        "a time is written hours:minutes:seconds": script("01:00:00", "1h"),
        "SLURM refuses lines that end as on Windows": script("\n", "\r\n"),
        "at the first start there is nothing to resume": script(" fit ", " fit --resume "),
        "leave --trainer.strategy out": script('"$@"', '"$@" --trainer.strategy=single_device'),
        "leave --trainer.devices out": script('"$@"', '--trainer.devices=1 "$@"'),
        "leave --trainer.fast_dev_run out": script('"$@"', '--trainer.fast_dev_run=true "$@"'),
        "leave --print_config out": script('"$@"', '"$@" --print_config'),
        "leave -m out": job("srun python -m helpers.train fit"),
        "takes options only": script('"$@"', '"$@" more'),
        "leave CUDA_VISIBLE_DEVICES=0 out": started_by(
            "export CUDA_VISIBLE_DEVICES=0\nsrun python", "srun env CUDA_VISIBLE_DEVICES=0 python"
        ),
        "leave --export=ALL,CUDA_VISIBLE_DEVICES=0 out": job(
            "srun --export=ALL,CUDA_VISIBLE_DEVICES=0 python"
        ),
        "leave SLURM_NTASKS=1 out": job("SLURM_NTASKS=1 srun python"),
        "leave MASTER_ADDR=localhost out": job("export MASTER_ADDR=localhost\nsrun python"),
        "cannot be read for certain: leave it out": (
            *before(
                "trap 'kill 0' EXIT",
                "kill $PPID",
                "for n in 1 2; do",
                "if [ -d /scratch ]; then exit 1; fi",
                "if [ -d /scratch ]; then\nhostname\nelse",
                "[ ! -d /scratch ] || exit 1",
                "[ -d /scratch/runs/$SLURM_JOB_ID ] || exit 1",
                "exit 0",
                "false || exit",
                "hostname ||",
                "exec hostname",
                "set -- 1",
                "set -n",
                "source setup.sh",
                "cat <<END",
                "fi",
                "sleep 7200",
                "sbatch $0",
                "rm -rf /scratch/runs/$SLURM_JOB_ID",
                "# clean \\\nrm -rf /scratch/runs/$SLURM_JOB_ID",
                "echo $(kill $$)",
                "export PATH=/nowhere",
                "export NCCL_SOCKET_IFNAME=lo",
                "mkdir /scratch/runs/$SLURM_JOB_ID &&",
            ),
            *behind(
                " &\nkill $!\nwait",
                " | head",
                " |",
                " | tee log | grep -m1 loss",
                "\nrm -rf /scratch/runs/$SLURM_JOB_ID",
                "\nscontrol requeue $SLURM_JOB_ID",
            ),
            *started_by(
                "[ -d /scratch ] && srun python",
                "PATH=/nowhere srun python",
                "srun $OPTIONS python",
                "RUN=1\nRUN=2; srun --label python",
            ),
            script("$SLURM_JOB_ID", "$(date)"),
            script("$SLURM_JOB_ID", "$SLURM_RESTART_COUNT"),
        ),
        "names its shell": (
            script("#!/bin/bash\n"),
            script("#!/bin/bash", "#!/usr/bin/python"),
            mend("return script", "return '\\n' + script"),
        ),
    },
    check.missing: {
        "Who had only five": {"process": 0, "line": 13},
        "There process 1 waits in the end": {"process": 1, "line": 16},
        "There process 0 waits": {"process": 1, "line": 13},
        "keeps a step from being printed": {"process": 1, "line": 4},
        "two processes: 0 and 1": {"process": 2, "line": 11},
        "The dict has two keys": {"process": 1},
        "The answer is a dict": (1, 11),
    },
    check.diagnosis: {
        "But how far had it come": DIAGNOSIS | {"A": "4c"},
        "how many came": DIAGNOSIS | {"A": "2f"},
        "Of which step did one process print nothing": DIAGNOSIS | {"B": "3b"},
        "an address was already in use": DIAGNOSIS | {"C": "3b"},
        "look for the number of bytes": DIAGNOSIS | {"D": "2f"},
        "what does SLURM say about its node": DIAGNOSIS | {"E": "3b"},
        "no program made a mistake": DIAGNOSIS | {"E": "6a"},
        "Would that cure help?": DIAGNOSIS | {"C": "1f"},
        "srun is there already": DIAGNOSIS | {"B": "5b"},
        "For C write a number and a letter": DIAGNOSIS | {"C": "port"},
        "Log B has no answer yet": {"A": "3b"},
        "The answer is a dict": ["3b"],
    },
}

NOT_DONE = {
    check.missing: [...],
    check.diagnosis: [..., {"A": ..., "B": "1a"}],
}
