"""The launch form's starting points are jobs that can be launched."""

from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.service.starts import Start, starts


@pytest.mark.slow
@pytest.mark.parametrize("start", starts(), ids=lambda x: x.name)
def test_a_start_is_a_job_once_its_own_places_are_filled_in(start: Start, tmp_path: Path) -> None:
    if "path/to" in start.spec["model"]["path"]:
        with pytest.raises(UserError, match="a model folder, package:NAME or a hub id"):
            complete_spec(start.spec, tmp_path)
    else:
        assert complete_spec(start.spec, tmp_path).anatomy.layers > 0
