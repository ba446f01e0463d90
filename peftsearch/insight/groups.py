"""The families of techniques that charts colour alike."""

from collections.abc import Mapping

from peftsearch.spaces.techniques.table import technique

GROUPS: Mapping[str, tuple[str, ...]] = {
    "frozen": ("frozen",),
    "bias": ("bitfit", "beft"),
    "norm": ("ln_tuning",),
    "scale": ("ia3", "ssf"),
    "lowrank": (
        *("lora", "rslora", "dora", "vera", "pissa", "olora", "loha", "lokr", "hira", "delora"),
        *("gralora", "glora", "miss", "peanut", "adamss", "randlora", "pvera", "vblora"),
        *("tinylora", "unilora"),
    ),
    "orthogonal": ("oft", "boft", "hra", "road", "psoft", "frod"),
    "bottleneck": ("serial", "houlsby", "parallel", "compacter"),
    "prompt": ("prefix", "prompt", "p_tuning"),
    "sparse": (
        *("shira", "supertuning", "sparse_random", "sparse_magnitude", "sparse_gradient"),
        *("fourierft", "waveft", "c3a"),
    ),
    "full": ("full", "half"),
}
"""Techniques of each group. `sparse` holds what trains few entries of a matrix, in whatever basis:
coefficients and circulant blocks as well."""

_GROUP = {name: group for group, names in GROUPS.items() for name in names}


def group(name: str) -> str:
    """The group of a technique.

    Raises:
        UserError: There is no such technique.
    """
    return _GROUP[technique(name).name]
