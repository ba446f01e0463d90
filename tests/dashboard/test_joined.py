"""Scripts that were joined: a browser makes of them what it makes of the files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from peftsearch.dashboard import assets, joined, scripts

from .scripts import open_scripts

ALL = sorted(path.relative_to(assets.FOLDER).as_posix() for path in assets.FOLDER.rglob("*.js"))
SHARED = [x for x in ALL if x.startswith(("lib/", "charts/", "components/")) and "early" not in x]
"""Others look for their page's elements as they start."""
NAME = str.maketrans("/-", "__")
RUN = """async (text) => {
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  return (await import(address)).default;
}"""
SEEN = """async ([text, name]) => {
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const told = (found) => Object.entries(found).map(([name, x]) => [name, typeof x, String(x)]);
  const [one, other] = [(await import(address)).default, await import(`/${name}`)];
  return [told(one).sort(), told(other).sort()];
}"""
SCRIPTS = {
    "lib/far.js": """export const ONE = 1;
export async function later() {
  return ONE + 1;
}
export class Kept {}
""",
    "lib/near.js": """import { later, ONE as first } from "./far.js";
const ONE = 10; // its own, whatever others call theirs
export function sum() {
  return later().then((two) => [first, two, ONE]);
}
""",
    "pages/own.js": """import "../lib/far.js";
import * as near from "../lib/near.js";
import {
  Kept,
  ONE,
} from "../lib/far.js";
export const told = near.sum().then((x) => [...x, ONE, new Kept() instanceof Kept]);
""",
}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with open_scripts() as page:
        yield page


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of scripts of its own."""
    for module in (joined, scripts):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    for name in ("lib", "pages"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.mark.parametrize("name", SHARED)
def test_a_joined_script_exports_what_its_file_exports(page: Page, name: str) -> None:
    text = joined.join_scripts((name,)) + f"export default ${name[:-3].translate(NAME)};"
    one, other = page.evaluate(SEEN, [text, name])
    assert one == other


def test_every_way_to_import_means_what_it_means(page: Page, folder: Path) -> None:
    for name, source in SCRIPTS.items():
        (folder / name).write_text(source)
    text = joined.join_scripts(("pages/own.js",)) + "export default $pages_own.told;"
    assert page.evaluate(RUN, text) == [1, 2, 10, 1, True]


@pytest.mark.parametrize(
    "source",
    [
        "export default 1;",
        "export let changing = 1;",
        "const one = 1;\nexport { one };",
        'import one from "../lib/far.js";',
        'import one, { later } from "../lib/far.js";',
        "await fetch('/');",
    ],
)
def test_what_cannot_be_joined_is_told(folder: Path, source: str) -> None:
    (folder / "lib/far.js").write_text(SCRIPTS["lib/far.js"])
    (folder / "pages/own.js").write_text(f"{source}\n")
    with pytest.raises(ValueError, match=r"pages/own\.js: expected a script that can be joined"):
        joined.join_scripts(("pages/own.js",))
