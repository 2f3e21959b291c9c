"""YAML as the commands read it: words, files of --config, and what a run has kept.

A key that is there twice is an error, and 010 is ten: YAML 1.1 takes the last of the two, and 8.
The import of this module has jsonargparse read alike.
"""

import re

import yaml
from jsonargparse import set_loader


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


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_str)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def read_yaml(text: str):
    """Return what a text holds. Raises yaml.YAMLError."""
    return _Loader(text).get_single_data()


set_loader("yaml", read_yaml, (yaml.YAMLError,))
