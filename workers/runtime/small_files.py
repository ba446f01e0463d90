"""Files of words about a model or an adapter, which are small."""

import errno
import stat
from pathlib import Path

_MOST = 2**26
"""Bytes; a tokenizer's vocabulary, which is read elsewhere, may be larger."""


def read_small(path: Path) -> str:
    """The text of a file.

    Raises:
        OSError: It is missing, or no file: a link to a device or a pipe would be read without an
            end. Or it is far larger than what should be there.
        ValueError: It is not UTF-8.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    if found.st_size > _MOST:
        raise OSError(errno.EFBIG, f"{found.st_size:,} bytes", str(path))
    return path.read_text(encoding="utf-8")
