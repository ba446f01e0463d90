"""Every technique has one colour."""

from collections import Counter

import pytest

from peftsearch.errors import UserError
from peftsearch.insight.groups import GROUPS, group
from peftsearch.spaces.techniques.table import TECHNIQUES


def test_every_technique_is_in_exactly_one_group() -> None:
    listed = Counter(name for names in GROUPS.values() for name in names)
    assert listed == dict.fromkeys(TECHNIQUES, 1)
    assert all(name in GROUPS[group(name)] for name in TECHNIQUES)


def test_an_unknown_technique_is_refused() -> None:
    with pytest.raises(UserError, match="lara"):
        group("lara")
