"""Job files in YAML, by the core schema of YAML 1.2: `1e-3` is a number and `no` is a word."""

import re
from collections.abc import Hashable
from typing import Any

import yaml

_OPENING = re.compile(r"---|[a-z_]{1,40}:(\s|$)")
_PLAIN = (
    ("bool", re.compile(r"(?:true|false)\Z"), "tf"),
    ("null", re.compile(r"(?:null|~|)\Z"), ["n", "~", ""]),
    ("int", re.compile(r"[-+]?[0-9]++\Z"), "-+0123456789"),
    (
        "float",
        re.compile(r"[-+]?(?:\.[0-9]++|[0-9]++(?:\.[0-9]*+)?)(?:[eE][-+]?[0-9]++)?\Z"),
        "-+.0123456789",
    ),
    ("float", re.compile(r"(?:[-+]?\.inf|\.nan)\Z"), "-+."),
)


class _Loader(yaml.SafeLoader):
    """Plain data without what would be read otherwise than it looks, or twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # not those of 1.1

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases, a few lines of which may stand for more than a machine holds, and tags,
        which make other things than plain data."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        tagged = getattr(event, "tag", None)
        if tagged or isinstance(event, yaml.AliasEvent):
            said = f"the tag {tagged}" if tagged else f"the alias {event.anchor}"
            raise yaml.constructor.ConstructorError(None, None, said, event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse keys that stand there twice, of which one would be lost."""
        keys = set[Hashable]()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str) or key in keys:
                said = f"{key!r} twice" if isinstance(key, str) else f"the key {key!r}, no text"
                raise yaml.constructor.ConstructorError(None, None, said, key_node.start_mark)
            keys.add(key)
        return super().construct_mapping(node, deep)


for _name, _pattern, _first in _PLAIN:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", _pattern, list(_first))
_Loader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))


def looks_like_yaml(text: str) -> bool:
    """Whether its first line that says something is a key with a colon, or `---`, which begins
    neither TOML nor JSON."""
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return _OPENING.match(next(lines, "")) is not None


def load_yaml(text: str) -> Any:
    """What a text of YAML holds.

    Raises:
        yaml.MarkedYAMLError: It is none, or has aliases or tags, or a key that is no text or there
            twice.
        yaml.YAMLError: It has characters that YAML has not.
        ValueError: A whole number has thousands of digits.
    """
    return yaml.load(text, _Loader)
