"""Find the training in a job script. Nothing of it is run, and only what is listed here is read."""

import posixpath
import re
import shlex
from collections.abc import Iterator

from helpers.course.judge.verdict import WrongAnswer, expect

# what a job knows on the first of two nodes with four processes each
JOB = {
    "HOME": "/home/me",
    "PWD": "/home/me",
    "USER": "me",
    "TMPDIR": "/tmp",
    "PYTHON": "python",
    "SLURM_JOB_ID": "1234",
    "SLURM_JOB_NAME": "snn",
    "SLURM_NNODES": "2",
    "SLURM_NTASKS": "8",
    "SLURM_NTASKS_PER_NODE": "4",
    "SLURM_CPUS_PER_TASK": "4",
}
VARIABLE = r"'[^']*'|\$(?:(\w+|@)|\{(\w+)\})"
# Results of commands that change nothing. They are known in no shell but the one of the job.
RESULT = r"[$>]\((date|hostname|pwd|scontrol show|tee)\b[^()`;&|]*\)"
SIGN = r"\n|;|&&?|\|[&|]?"
REDIRECTION = r"&?>>?[&|]?|<"
# What ends a script only where something is missing, or makes a folder: it may stand anywhere.
FOLDER = r"[\"']?/scratch(/\w+|/\$USER)?[\"']?"
EXIT = r"(echo [^;&|\n]*(>&2)?\s*[;\n]\s*)?exit( \d+)?\s*;?\s*"
GUARD = (
    rf"((\[\[?|test)( (&& )?-[drwx] {FOLDER})+( \]\]?)? *)?\|\| *"
    rf"(exit( \d+)?|mkdir -p {FOLDER}|\{{\s+{EXIT}\}})"
    rf"|if \[\[? ! -d {FOLDER} \]\]?\s*;?\s*then\s+(mkdir -p {FOLDER}\s*;?\s*|{EXIT})fi\b"
    rf"|if \[\[? -d {FOLDER} \]\]?\s*;?\s*then\s+:\s*;?\s*else\s+{EXIT}fi\b"
)
# The command that trains, and no text that names it.
TRAINING = r"(?!echo |printf |(export )?\w+=(srun|python) ).*helpers.train"
# Commands that leave the training as it is, a pattern on each line.
HARMLESS = r"""
:|exec|wait( \$!)?|sleep [1-9]
echo( .*)?
printf [^-].*
cd( \S+)?
mkdir -p .+
\w+=\S*( \w+=\S*)*
export( \w+(=\S*)?)+
set( [-+][euxovE]+( pipefail| errexit| nounset)?)*
ulimit -[lns] \w+
(source|\.) (\S*/)?(activate|conda\.sh|\.?bashrc|\.?(bash_)?profile)( \w+)?
(conda|mamba|micromamba) (de)?activate( \S+)?
(module|ml)( \S+)+
(srun )?(hostname|date|pwd|env|nvidia-smi)( -\S+)*
scontrol show .+
"""
# What none of them may contain: other commands, the network inside a node, a path without the old
# one.
HARMFUL = r"`|\$ ?\(|_IFNAME=lo\b|\b(PATH|LD_\w+|PYTHONHOME)=(?!\S*\$\{?\w*PATH)"
# The training itself consists of words that are known.
BEFORE = rf"""{HARMLESS}
(?!.*(\$(?![\d*])|[{{?])){TRAINING}.*
"""
LATER = rf"""{HARMLESS}
if (\(\(|\[) .+ (\)\)|\])(; then kill 0)?
(then|else)( kill 0)?
(then |else )?(echo .*|exit( \S+)?)
fi
sacct .+
"""
TEE = "tee( -a)? [^-].*"
# What may stand behind each sign: up to the training, and after it.
UP_TO_IT = dict.fromkeys(["\n", ";", "&&"], BEFORE)
AFTER_IT = dict.fromkeys(["\n", ";", "&&", "||"], LATER)
AFTER_IT |= {"&": r"wait( \$!)?", "|": TEE, "|&": TEE}


def is_listed(text: str, patterns: str) -> bool:
    """Return whether a text is one of those that stand in a list, a pattern on each line."""
    return any(re.fullmatch(pattern, text) for pattern in patterns.splitlines())


def read_start(script: str, options: tuple[str, ...]) -> tuple[list[str], dict[str, str], str]:
    """Find the command that trains.

    Args:
        script: its text
        options: those of the script, "$@"

    Returns:
        its words, what the shell knows there, and the first other command that may change it, and
        that cannot be read for certain

    Raises:
        WrongAnswer: if not one command trains, or if the script does not wait for it
    """
    variables = JOB | {"@": shlex.join(options)}
    start, unclear = [], ""
    sign = "\n"
    for words, sign_behind in _commands(script, variables):
        command = " ".join(words)
        allowed = (AFTER_IT if start else UP_TO_IT).get(sign, "")
        sign = sign_behind
        if re.match(TRAINING, command):
            expect(not start, "The script trains more than once: one line is enough.")
            start = words
        if not is_listed(command, allowed) or re.search(HARMFUL, command):
            unclear = unclear or command
        elif words[0] == "cd" and not start:
            variables["PWD"] = posixpath.join(variables["PWD"], *words[1:])
        elif re.match(r"export |\w+=", command) and not start:
            assigned = dict(re.findall(r"(\w+)=(\S*)", command))
            if assigned.keys() & variables.keys():  # which value is used where is not followed
                unclear = unclear or command
            variables |= assigned
    expect(start, "No line of the script trains: that is python -m helpers.train fit.")
    expect(
        sign != "&",
        "The script ends while something still runs, with & and no wait: SLURM then ends the job.",
    )
    return start, variables, unclear or sign.strip("\n;")


def _commands(script: str, variables: dict[str, str]) -> Iterator[tuple[list[str], str]]:
    """Yield the words of each command, without redirections, and the sign behind it."""
    script = re.sub(r"(?m)(^|\s)#.*\\$", "", script).replace("\\\n", " ")
    for line in re.sub(GUARD, "\n: ", script).splitlines():
        line = re.sub(r"\$\(which (\S+)\)", r"\1", line.replace('"$@"', "$@"))
        line = re.sub(r"\b\d(?=[<>])", "", re.sub(RESULT, "$RESULT", line))
        line = re.sub(VARIABLE, lambda found: variables.get(found[1] or found[2], found[0]), line)
        tokens = shlex.shlex(line, posix=True, punctuation_chars=True)
        tokens.whitespace_split = True
        try:
            tokens = iter([*tokens, "\n"])
        except ValueError as error:
            raise WrongAnswer(f"This line cannot be read: {error}.\n{line}") from None
        words = []
        for token in tokens:
            if re.fullmatch(REDIRECTION, token):
                next(tokens)  # the file
                words = words or [":"]
            elif not re.fullmatch(SIGN, token):
                words.append(token)
            elif words or token != "\n":
                yield words or [token], token
                words = []
