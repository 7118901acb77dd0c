"""Loaded before Django's settings: tests get a data folder, and so a database server, of their own.

They never meet an installation that is in use, even one in the same checkout.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

os.environ["COSTLINE_DATA_DIR"] = os.environ.get("COSTLINE_TEST_DATA_DIR") or str(ROOT / "var/test")
