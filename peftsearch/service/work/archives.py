"""Archives of folders, for download."""

import zipfile
from pathlib import Path

from peftsearch.durable import replacing

_INCOMPRESSIBLE = {".safetensors", ".png", ".zip"}


def write_archive(folder: Path, archive: Path, top: str) -> int:
    """Pack a folder's files below one folder `top`, whole or not at all; the archive's bytes.

    Tensors are stored as they are: compression takes minutes and gains a few percent.
    """
    with (
        replacing(archive) as part,
        zipfile.ZipFile(part, "w", strict_timestamps=False) as packed,
    ):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                stored = path.suffix in _INCOMPRESSIBLE
                kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                packed.write(path, f"{top}/{path.relative_to(folder).as_posix()}", kind)
    return archive.stat().st_size
