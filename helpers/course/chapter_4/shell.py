"""What a shell script would start: bash itself reads it, and nothing real is started."""

import re
import subprocess
import tempfile
from contextlib import suppress
from itertools import islice
from pathlib import Path

BASH = "/bin/bash"
TIMEOUT = 5  # s, after which a script that still runs is ended
# Each word of the script is a command of this kind. It writes down its words, each before a NUL,
# and first their number.
STAND_IN = f"""#!{BASH}
printf '%s\\0' $(($# + 1)) "${{0##*/}}" "$@" >>"$RECORD"
"""
# Of a command with a folder in its name, which might be a real one, only the words are taken.
# jobs lists no process substitution, which $! names too; and after wait it may still list a job
# that had ended before. So both are asked.
PRELUDE = r"""
cd() { :; }
source() { :; }
which() { echo "$1"; }
record() { printf '%s\0' "$#" "$@" >>"$RECORD"; }
shopt -s extdebug
trap 'case ${BASH_COMMAND%% *} in *=*) ;; */*) eval "record $BASH_COMMAND"; false ;; esac' DEBUG
wait() { builtin wait "$@"; waited=$!; }
trap '[[ -z $(jobs -p) || $! == "$waited" ]] || record "&"' EXIT
eval "$SCRIPT"
"""
# of a job on the first of its nodes
JOB = {
    "HOME": "/home/me",
    "TMPDIR": "/tmp",
    "PYTHON": "python",
    "SLURM_JOB_ID": "1234",
    "SLURM_CPUS_PER_TASK": "4",
}


def started_by(script: str, *arguments: str) -> list[list[str]]:
    """Return the words of each command that a job script would start within 5 s, in this order.

    Loops, variables, quotes, comments and && are bash's own. Commands succeed, and print nothing.
    The last one is & if the script ends without having waited for what it started in the
    background.

    Args:
        script: its text
        arguments: those of the script, "$@"

    Raises:
        OSError: where there is no bash
        ValueError: where bash cannot read it, with what bash says
    """
    reading = subprocess.run([BASH, "-n"], input=script, capture_output=True, text=True)
    if reading.returncode:
        raise ValueError(reading.stderr.strip().split("\n")[0].partition(": ")[2])
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder, "record")
        record.touch()
        programs = Path(folder, "programs")
        programs.mkdir()
        stand_in = Path(folder, "stand_in")
        stand_in.write_text(STAND_IN)
        stand_in.chmod(0o755)
        for name in {"python", *re.findall(r"[\w.+-]+", script)} - {".", ".."}:
            (programs / name).symlink_to(stand_in)
        with suppress(subprocess.TimeoutExpired):  # what it has started until then counts
            subprocess.run(
                [BASH, "-c", PRELUDE, "job", *arguments],
                env={**JOB, "PATH": str(programs), "RECORD": str(record), "SCRIPT": script},
                cwd=folder,
                timeout=TIMEOUT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
            )
        words = iter(record.read_text().split("\0")[:-1])
    return [list(islice(words, int(n))) for n in words]
