"""The hub of models and data sets: whether it can be asked from here.

Where its name is unknown its clients ask again for half a minute, with two lines each time, before
they look into their caches: for a folder whose name is misspelt, on a machine without a network.
"""

import contextlib
import socket
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import getproxies

_SWITCH = "HF_HUB_OFFLINE"


def is_known() -> bool:
    """Whether the hub's host has an address here, or is left to a proxy."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    address = urlsplit(constants.ENDPOINT)
    if getproxies().keys() & {"all", address.scheme}:
        return True
    try:
        return bool(socket.getaddrinfo(address.hostname, address.port or address.scheme))
    except OSError:
        return False


@contextlib.contextmanager
def asked_if_known() -> Iterator[None]:
    """Within, the hub's clients look into their caches alone where the hub is not known. Of
    `datasets`, where it is imported already."""
    from huggingface_hub import constants

    switches = [constants, sys.modules.get("datasets.config")]
    with contextlib.ExitStack() as patches:
        for module in () if is_known() else filter(None, switches):
            patches.callback(setattr, module, _SWITCH, getattr(module, _SWITCH))
            setattr(module, _SWITCH, True)
        yield


def why_not(error: Exception) -> str:
    """One line on why the hub gave nothing: its clients raise a dozen unrelated classes."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set, and its cache has none"
    if not is_known():
        return f"{urlsplit(constants.ENDPOINT).hostname} is not known here, and its cache has none"
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
