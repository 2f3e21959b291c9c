"""The options of a command: a short help, and one sentence for what cannot be read."""

import argparse
import re
import sys
from difflib import get_close_matches

from pytorch_lightning.cli import LightningArgumentParser

from helpers.engine import private_names

# What other programs call an option of ours
OTHER_NAMES = {
    "lr": "--model.learning_rate",
    "gpus": "--trainer.devices",
    "checkpoint": "--ckpt_path",
    "bs": "--data.batch_size",
}
MOST_USED = """
Options of PyTorch Lightning's Trainer that are used most:
  --trainer.max_epochs 5             how many times all training examples are seen
  --trainer.accelerator auto         cpu, gpu, or auto: a GPU where there is one
  --trainer.devices auto             processes on this machine, one for each device
  --trainer.strategy auto            ddp: several processes train one network
  --trainer.precision 32-true        bf16-mixed or 16-mixed: faster on a GPU
  --trainer.limit_train_batches 1.0  train on fewer batches: a number, or a share below 1.0
  --trainer.enable_progress_bar true false: no bar

All other options, which are PyTorch Lightning's: --help-all
"""
KINDS = {
    "<class 'int'>": "a whole number",
    "<class 'float'>": "a number",
    "<class 'bool'>": "true or false",
    "<class 'str'>": "a text",
    "<class 'NoneType'>": "null",
}
CHOICES = r"(?:typing\.)?Literal\[(.+?)\]"
UNKNOWN = r"unrecognized arguments: (.*)|ambiguous option: (\S+)"
YAML = r"while (?:parsing|scanning)|(?:did not|could not) find|not allowed here|found (?:char|unex)"


class OptionParser(LightningArgumentParser):
    """Shows the options of the course in --help, all in --help-all, and errors in one sentence."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.first_groups = []  # of options, shown in --help
        self.shows_all = False
        self.commands: list[str] = []  # the first argument must be one of these
        self.words: list[str] = []  # the arguments
        self.options: list[str] = []  # their names, such as --model.alpha

    def show_first(self, groups: list) -> None:
        """Have --help show these groups of options alone, and --help-all show them first."""
        self.first_groups = groups
        private_names.show_first(self, groups)

    def format_help(self, *args, **kwargs) -> str:
        if not self.first_groups or self.shows_all:
            text = super().format_help(*args, **kwargs)
            return re.sub(r":\w+:`~?([^`<]*[^`< ])[^`]*`", r"\1", text)  # Sphinx's marks
        with private_names.only_groups(self, self.first_groups):
            return super().format_help(*args, **kwargs) + MOST_USED

    def error(self, message: str, ex: Exception | None = None):
        print(f"error: {self._sentence(message)}", file=sys.stderr)
        self.exit(2)

    def _sentence(self, message: str) -> str:
        """Say in one sentence what jsonargparse says in many lines."""
        unknown = re.search(UNKNOWN, message, re.IGNORECASE | re.DOTALL)
        if unknown:
            given = " ".join((unknown[1] or unknown[2]).split())
            return f"unrecognized arguments: {given}. {self._advice(given.split()[0])}"
        if "subcommand" in message:
            names = ", ".join(self.commands)
            return f"begin with a command ({names}), as in: python -m helpers.train fit"
        key = re.search(r'Parser key "([\w.]+)"', message)
        problem = re.search(YAML, message)
        if problem:
            return self._yaml_sentence(key, message[problem.start() :])
        if message.startswith("Unexpected config"):
            return f"--config is {self._value_of('--config')}, which holds no options."
        value = re.search(r"(?:Got|Given) value: (.*)", message)
        if key and value and "Expected a" in message:
            given = value[1] or "empty"
            allowed = _allowed(message)
            if allowed:
                return f"--{key[1]} is {given}: it must be {' or '.join(allowed)}."
            return f"--{key[1]} is {given}, which is not what it takes."
        return re.sub(r'Parser key "([\w.]+)":', r"--\1:", " ".join(message.split()))

    def _advice(self, word: str) -> str:
        near = find_near(word, self.options)
        if near:
            return f"Did you mean {near}?"
        return "All options: python -m helpers.train fit --help-all"

    def _yaml_sentence(self, key, problem: str) -> str:
        name = f"--{key[1]}" if key else "--config"
        lines = re.findall(r"line (\d+)", problem)
        where = f" in line {lines[-1]}" if lines else ""
        return (
            f"{name} is {self._value_of(name)}, which is no whole YAML: look{where} for a bracket "
            "or a quote."
        )

    def _value_of(self, name: str) -> str:
        """What the words of the command give this option."""
        value = ""
        for word, following in zip(self.words, [*self.words[1:], ""]):
            if word == name or (word == "-c" and name == "--config"):
                value = following
            elif word.startswith(f"{name}="):
                value = word.partition("=")[2]
        return value


def _allowed(message: str) -> list[str]:
    """What is allowed, in words, by what jsonargparse expected; nothing where words are lacking."""
    expected = message.partition("Subtypes: ")[2].partition("\n")[0].strip("[]")
    if not expected:
        expected = message.partition("Expected a ")[2].partition(". Got value")[0]
    allowed = []
    choices = ", ".join(re.findall(CHOICES, expected))
    if choices:
        allowed.append(f"one of {choices}")
    for kind in re.sub(CHOICES, "", expected).split(", "):
        if kind and kind not in KINDS:
            return []
        if kind:
            allowed.append(KINDS[kind])
    return allowed


def find_near(word: str, options: list[str]) -> str:
    """Return the option that was probably meant, or ""."""
    name = word.lstrip("-").partition("=")[0]
    if OTHER_NAMES.get(name) in options:
        return OTHER_NAMES[name]
    last_parts = {}
    for option in options:
        last_parts.setdefault(option.lstrip("-").split(".")[-1], option)
    parts = name.split(".")[-1]
    for last, option in sorted(last_parts.items()):
        if parts == last or last.endswith(f"_{parts}"):
            return option
    close = get_close_matches(f"--{name}", options, n=1, cutoff=0.8)
    if close:
        return close[0]
    close = get_close_matches(parts, last_parts, n=1, cutoff=0.75)
    return last_parts[close[0]] if close else ""


class HelpAll(argparse.Action):
    """The option --help-all."""

    def __init__(
        self, option_strings, dest=argparse.SUPPRESS, default=argparse.SUPPRESS, help=None
    ):
        super().__init__(option_strings, dest=dest, default=default, nargs=0, help=help)

    def __call__(self, parser, namespace, values, option_string=None):
        parser.shows_all = True
        parser.print_help()
        parser.exit()
