"""What a job script would start, as far as that can be read: nothing of it is run."""

import posixpath
import re
import shlex
from itertools import dropwhile

from helpers.course.judge.verdict import WrongAnswer

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
# What is known in no shell but the one of the job: the results of commands.
RESULT = re.compile(r"[$<>]\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|`[^`]*`")
VARIABLE = re.compile(r"\$(?:(\w+|\*|@)|\{(\w+)\})")
ASSIGNMENT = re.compile(r"(\w+)=(.*)", re.DOTALL)
TRAINING = "helpers.train"
# Patterns of words: what stands between commands, and so on.
SIGN = r";|&&?|\|[&|]?"
REDIRECTION = r"[<>|&]*[<>][&|]?"
BRANCH = "if|then|elif|else|fi|[{}]"
TEST = r"\[\[?|test|!"
NEGATION = "!=?|-ne|-z"
# These are parts of loops and functions, change the shell, end it, or run what a text says.
UNCLEAR = (
    "for|while|until|case|select|function|do|done|eval|trap|kill|pkill|killall|scancel|alias|unset"
    "|shift|false|return|builtin|command|enable|hash"
)
SETTINGS = r"set( [-+][euxovEC]+( pipefail| errexit| nounset)?)*"
HARMLESS_FILES = r"(source|\.) (\S*/)?(activate|conda\.sh|\.?bashrc|\.?(bash_)?profile)"


class Reading:
    """A script, read as bash reads it, in a job in which every command succeeds.

    Only tests, as of folders, may have any result. So no start may depend on one, and the script
    may end itself only where something is missing.

    Attributes:
        starts: the words of each command that trains
        variables: those of the shell
        is_waited_for: whether no training is left in the background
        unclear: the first command that may change what is started, and that cannot be read for
            certain. What follows it is not read

    Args:
        script: its text
        arguments: those of the script, "$@"

    Raises:
        WrongAnswer: if bash cannot read it
    """

    def __init__(self, script: str, arguments: tuple[str, ...]):
        self.starts = []
        self.variables = JOB | {str(n): word for n, word in enumerate(arguments, 1)}
        self.variables["@"] = self.variables["*"] = " ".join(arguments)
        self.is_waited_for = True
        self.unclear = ""
        self._branches = []  # for each if or { that is open: whether something is missing there
        self._finds = None  # whether the test that came last asks if something is there
        before, words = ";", []
        for line in script.replace("\\\n", " ").splitlines():
            tokens = iter([*self._tokens(line, arguments), ";"])
            for token in tokens:
                if re.fullmatch(REDIRECTION, token) and token != "<<":
                    next(tokens)  # the file
                    words = words or [":"]
                elif not re.fullmatch(SIGN, token):
                    words.append(token)
                elif words:
                    self._read(words, before)
                    if self.unclear:
                        return
                    if token == "&" and self.starts and TRAINING in line:
                        self.is_waited_for = False
                    before, words = token, []
        if self._branches:
            raise WrongAnswer("The shell cannot read this script: an if or a { is not closed.")

    def _tokens(self, line: str, arguments: tuple[str, ...]) -> list[str]:
        """Return words and signs; in words, what is not known stays as it is."""
        line = RESULT.sub("$RESULT", re.sub(r"\$\(which (\S+)\)", r"\1", line))
        line = re.sub(r"\b\d(?=[<>])", "", line).replace('"$@"', shlex.join(arguments))
        line = re.sub(r"'[^']*'|" + VARIABLE.pattern, self._value, line)
        words = shlex.shlex(line, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        try:
            return list(words)
        except ValueError as error:
            raise WrongAnswer(f"The shell cannot read this script: {error}.\n{line}") from None

    def _value(self, found: re.Match) -> str:
        return self.variables.get(found[1] or found[2], found[0])

    def _read(self, words: list[str], before: str) -> None:
        """Read a command behind a sign."""
        text = " ".join(words)
        while words and re.fullmatch(BRANCH, words[0]):
            word, *words = words
            if word == "then" or word == "{":
                before = "&&" if word == "then" else before
                self._branches.append(self._is_where_missing(before))
            elif word != "if" and not self._branches:
                self.unclear = text
                return
            elif word == "else":
                self._branches[-1] = not self._branches[-1]
            elif word != "if":
                self._branches.pop()
        is_where_missing = self._is_where_missing(before) or any(self._branches[-1:])
        follows_test = before == "||" or before == "&&" and self._finds is not None
        is_conditional = follows_test or bool(self._branches)
        self._finds = None
        assignments = [each.groups() for each in map(ASSIGNMENT.fullmatch, words) if each]
        command = list(dropwhile(ASSIGNMENT.fullmatch, words))
        if not command or command[0] == "export":
            for name, value in assignments:
                self.variables[name] = f"${name}" if is_conditional else value
            return
        name, *rest = command
        name = posixpath.basename(name)
        is_start = name not in ("echo", "printf") and TRAINING in text
        is_unclear = {
            "exec": rest and not is_start,
            "exit": not is_where_missing,
            "set": not re.fullmatch(SETTINGS, " ".join(command)),
            "source": not re.fullmatch(HARMLESS_FILES, " ".join(command)),
        }
        is_unclear["."] = is_unclear["source"]
        has_brackets = any(re.fullmatch("[();<]+", word) for word in words)
        is_unknown = has_brackets or re.fullmatch(UNCLEAR, name) or "$" in name
        if is_unknown or is_unclear.get(name) or is_start and is_conditional:
            self.unclear = text
        elif is_start:
            self.starts.append(words)
        elif re.fullmatch(TEST, name):
            self._finds = sum(bool(re.fullmatch(NEGATION, word)) for word in command) % 2 == 0
        elif name == "cd":
            folder = posixpath.join(self.variables["PWD"], *rest[:1])
            self.variables["PWD"] = "$PWD" if is_conditional else folder
        elif name == "wait":
            self.is_waited_for = True

    def _is_where_missing(self, sign: str) -> bool:
        """Return whether what follows a sign is done only if something is missing."""
        return {"&&": self._finds is False, "||": self._finds is not False}.get(sign, False)
