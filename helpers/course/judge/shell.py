"""What a job script would start, as far as that can be read: nothing of it is run."""

import posixpath
import re
from collections.abc import Iterator
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
IN_BRACKETS = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
QUOTED = r"""'[^']*'|"(?:\\.|[^"\\])*"|`[^`]*`|\$\{[^}]*\}"""
WORD = rf"""(?:{QUOTED}|\\.|[$<>]{IN_BRACKETS}|[^\s;&|<>()'"\\`])+"""
SIGN = r"<<-?|&&|\|[|&]?|;;?|[&()\n]"
# blanks, comments and redirections with their files, and what counts
TOKEN = re.compile(
    rf"""(?:\\\n|[^\S\n]|#[^\n]*|(?:\d*(?:[<>]&|>\||<<<|>>|[<>](?![<(]))|&>>?)\s*{WORD})+"""
    rf"|(?P<token>{SIGN}|{WORD})",
    re.DOTALL,
)
VARIABLE = r"\$(?:(\w+)|\{(\w+)\})"
PART = re.compile(
    rf"""'(?P<literal>[^']*)'|"(?P<quoted>(?:\\.|[^"\\])*)"|\\(?P<letter>.)|{VARIABLE}"""
    r"|\$\(\s*which\s+(?P<program>[^\s()]+)\s*\)",
    re.DOTALL,
)
ASSIGNMENT = re.compile(r"(\w+)=(.*)", re.DOTALL)
TESTS = ("[", "[[", "test")
NEGATIONS = ("!", "!=", "-ne", "-z")
EXPORTS = ("export", "declare", "readonly")
# These are parts of loops and functions, change the shell, end it, or run what a text says.
UNCLEAR = (
    r"[()]|;;|<<-?|for|while|until|case|select|function|do|done|eval|trap|kill|pkill|killall"
    "|scancel|alias|unset|shift|return|builtin|command|enable|hash"
)
SETTINGS = r"set( [-+][euxovEC]+( pipefail| errexit| nounset)?)*"
HARMLESS_FILES = r"activate|conda\.sh|\.?(bashrc|bash_profile|profile)"


class Unclear(Exception):
    """A command that may change what a script starts, and that cannot be read for certain."""


class Reading:
    """A script, read as bash reads it, in a job in which every command succeeds.

    Only tests, as of folders, may have any result. So no start may depend on one, and the script
    may end itself only where something is missing.

    Attributes:
        starts: the words of each command that trains
        variables: those of the shell
        is_waited_for: whether no training is left in the background

    Args:
        script: its text
        arguments: those of the script, "$@"

    Raises:
        Unclear: with a command that may change what is started
        WrongAnswer: if bash cannot read it
    """

    def __init__(self, script: str, arguments: tuple[str, ...]):
        self.starts = []
        self.variables = JOB | {str(n): word for n, word in enumerate(arguments, 1)}
        self.is_waited_for = True
        self._arguments = list(arguments)
        self._branches = []  # for each if or { that is open: whether something is missing there
        self._finds = None  # whether the test that came last asks if something is there
        words, before, n_starts = [], "", 0
        for token in [*_tokens(script), "\n"]:
            if not re.fullmatch(SIGN, token):
                words.append(token)
                continue
            try:
                self._read(words, before, token)
            except Unclear:
                if self.starts and self.is_waited_for:
                    return  # it comes too late to change anything
                raise
            if token == "&" and len(self.starts) > n_starts:
                self.is_waited_for = False
            if token in ("&", ";", "\n"):
                n_starts = len(self.starts)
            words, before = [], token
        if self._branches:
            raise WrongAnswer("The shell cannot read this script: an if or a { is not closed.")

    def _read(self, words: list[str], before: str, behind: str) -> None:
        """Read a command between two signs."""
        text = " ".join([*words, behind]).strip()
        is_negated = False
        while words and words[0] in ("if", "then", "elif", "else", "fi", "{", "}", "!"):
            word, *words = words
            if word == "then" or word == "{":
                before = "&&" if word == "then" else before
                self._branches.append(self._is_where_missing(before))
            elif word == "!":
                is_negated = True
            elif word != "if" and not self._branches:
                raise Unclear(text)
            elif word == "else":
                self._branches[-1] = not self._branches[-1]
            elif word != "if":
                self._branches.pop()
        if any(re.fullmatch(UNCLEAR, each) for each in (behind, *words[:1])):
            raise Unclear(text)
        words = [part for word in words for part in self._expanded(word)]
        command = list(dropwhile(ASSIGNMENT.fullmatch, words))
        is_where_missing = self._is_where_missing(before) or any(self._branches[-1:])
        follows_test = before == "||" or before == "&&" and self._finds is not None
        is_conditional = follows_test or bool(self._branches)
        self._finds = None
        if not command or command[0] in EXPORTS:
            for assignment in filter(None, map(ASSIGNMENT.fullmatch, words)):
                name, value = assignment.groups()
                self.variables[name] = f"${name}" if is_conditional else value
            return
        name, *rest = command
        name = posixpath.basename(name)
        is_start = name not in ("echo", "printf") and "helpers.train" in " ".join(words)
        may_change = {
            "exec": rest and not is_start,
            "exit": not is_where_missing,
            "set": not re.fullmatch(SETTINGS, " ".join(command)),
            "source": not re.search(rf"(^|/)({HARMLESS_FILES})$", " ".join(rest)),
        }
        may_change["."] = may_change["source"]
        is_unclear = re.fullmatch(UNCLEAR, name) or re.search("[$`]", name)
        if is_unclear or may_change.get(name) or is_start and is_conditional:
            raise Unclear(text)
        if is_start:
            self.starts.append(rest if name == "exec" else words)
        elif name in TESTS:
            is_plain = sum(word in NEGATIONS for word in rest) % 2 == 0
            self._finds = is_plain != is_negated
        elif name == "cd":
            folder = posixpath.join(self.variables["PWD"], *rest[:1])
            self.variables["PWD"] = "$PWD" if is_conditional else folder
        elif name == "wait":
            self.is_waited_for = True

    def _is_where_missing(self, sign: str) -> bool:
        """Return whether what follows a sign is done only if something is missing."""
        return {"&&": self._finds is False, "||": self._finds is not False}.get(sign, False)

    def _expanded(self, word: str) -> list[str]:
        """Return the words that the shell makes of one; what it does not know stays as it is."""
        if word in ("$@", '"$@"', "$*"):
            return self._arguments
        if word == '"$*"':
            return [" ".join(self._arguments)]
        expanded = PART.sub(self._value, word)
        return expanded.split() if re.fullmatch(VARIABLE, word) else [expanded]

    def _value(self, part: re.Match) -> str:
        for name in ("literal", "letter", "program"):
            if part[name] is not None:
                return part[name]
        return re.sub(VARIABLE, self._variable, part["quoted"] or part[0])

    def _variable(self, found: re.Match) -> str:
        return self.variables.get(found[1] or found[2], found[0])


def _tokens(script: str) -> Iterator[str]:
    """Yield words as they are written, and signs."""
    place = 0
    while place < len(script):
        found = TOKEN.match(script, place)
        if not found:
            rest = script[place:].splitlines()[0]
            raise WrongAnswer(
                f"The shell cannot read this script: a quote or a bracket is not closed.\n{rest}"
            )
        place = found.end()
        if found["token"]:
            yield found["token"]
