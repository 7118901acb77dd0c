"""Browser files of other people are what the lock says, with their licences beside them."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "static" / "vendor", ROOT / "tests" / "browser" / "vendor")


@pytest.mark.parametrize("folder", FOLDERS, ids=["served", "tested"])
def test_each_file_is_the_one_that_was_locked(folder: Path) -> None:
    lock = json.loads((folder / "vendor.lock.json").read_text())
    found = {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "vendor.lock.json"
    }

    assert found == lock["sha256"]
    assert any("LICENSE" in name for name in found)


def test_what_is_locked_is_what_the_manifest_pins() -> None:
    manifest = json.loads((ROOT / "frontend" / "package.json").read_text())
    locked: dict[str, str] = {}
    for folder in FOLDERS:
        locked |= json.loads((folder / "vendor.lock.json").read_text())["versions"]

    assert locked == manifest["dependencies"] | manifest["devDependencies"]


def test_the_browser_draws_with_the_plotly_that_python_knows() -> None:
    lock = json.loads((FOLDERS[0] / "vendor.lock.json").read_text())

    assert lock["versions"]["plotly.js-basic-dist-min"] == get_plotlyjs_version()
