"""Files of tensors that are changed after they were written."""

import struct
from collections.abc import Callable
from pathlib import Path

from safetensors.torch import load_file, save_file

METADATA = {"format": "pt"}


def leave_out(path: Path, needless: Callable[[str], bool]) -> None:
    """Write the file again without the tensors of these names, if it has any."""
    tensors = load_file(path)
    kept = {name: x for name, x in tensors.items() if not needless(name)}
    if len(kept) < len(tensors):
        save_file(kept, path, metadata=METADATA)


def fill_up(path: Path, size: int) -> None:
    """Let a smaller file have this size, by spaces at the end of its header.

    Args:
        size: Differs from the file's by a multiple of 8, as all such files do.
    """
    missing = size - path.stat().st_size
    if missing <= 0 or missing % 8:
        return
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header, values = content[8 : 8 + length], content[8 + length :]
    path.write_bytes(struct.pack("<Q", length + missing) + header + b" " * missing + values)
