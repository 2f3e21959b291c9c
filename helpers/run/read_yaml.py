"""YAML as the commands read it: words, files of --config, and what a run has kept.

A key that is there twice is an error, 010 is ten, and 1:30 is no number: YAML 1.1 takes the last of
the two, 8, and 90. The import of this module has jsonargparse read alike.
"""

import re

import yaml
from jsonargparse import set_loader

from helpers.engine import private_names


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node, deep=False):
        names = [key.value for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise yaml.YAMLError(f"{name} is there twice: leave one of them")
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node):
        try:
            return int(node.value)
        except ValueError:
            return node.value

    def construct_yaml_float(self, node):
        return node.value if ":" in node.value else super().construct_yaml_float(node)


_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_yaml_float)
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_str)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def read_yaml(text: str):
    """Return what a text holds. Raises yaml.YAMLError."""
    return _Loader(text).get_single_data()


set_loader("yaml", read_yaml, (yaml.YAMLError,))
private_names.read_words_by(_Loader)
