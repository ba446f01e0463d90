"""Changes to the `config.json` of a saved model."""

import json
from pathlib import Path
from typing import Any


def change(folder: Path, **changes: Any) -> None:
    """Change keys of a model's `config.json`."""
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
