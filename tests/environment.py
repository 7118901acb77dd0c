"""Loaded before Django's settings: tests get a data folder, and so a database server, of their own.

They never meet an installation that is in use, even one in the same checkout; nor do those that
run side by side meet each other, for some of them look at files.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_FOLDER = Path(os.environ.get("COSTLINE_TEST_DATA_DIR") or ROOT / "var" / "test")

os.environ["COSTLINE_DATA_DIR"] = str(_FOLDER / os.environ.get("PYTEST_XDIST_WORKER", "alone"))
