"""How to load an export is told by its card."""

import json
from pathlib import Path

from peftsearch.service.work.export_programs import settle
from peftsearch.service.work.export_records import ExportRecord, Process

CARD = """# films: trial 4

```python
from peft import PeftModel

model = PeftModel.from_pretrained(base, "path/to/this/folder")
```

```python
outcome = again()
```
"""
RUNNING = ExportRecord(
    id="0123456789abcdef",
    job="films",
    pick="knee",
    form="auto",
    state="running",
    trial=4,
    words="0-5 lora r4 q+v | rate 1.0e-03",
    message=None,
    rows=None,
    difference=None,
    bytes=None,
    created=0.0,
    loading=None,
    asked="auto",
    job_created=0.0,
    owner=Process(1, 0.0),
)


def test_the_first_python_of_the_card_names_the_folder_of_the_archive(tmp_path: Path) -> None:
    report = {"form": "peft", "out": "adapter", "rows": 64, "difference": 0.0}
    (tmp_path / "report.json").write_text(json.dumps(report))
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "README.md").write_text(CARD)
    assert settle(tmp_path, RUNNING, "").loading == (
        "from peft import PeftModel\n\n"
        'model = PeftModel.from_pretrained(base, "films-trial-4-peft")'
    )


def test_a_card_without_python_tells_nothing(tmp_path: Path) -> None:
    report = {"form": "peft", "out": "adapter", "rows": 64, "difference": 0.0}
    (tmp_path / "report.json").write_text(json.dumps(report))
    (tmp_path / "adapter").mkdir()
    assert settle(tmp_path, RUNNING, "").loading is None
