"""Rows and files of the demo company's bills, whoever sends them."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

Row = dict[str, str]
DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Month:
    """A month that is billed, up to ``until``; ``invoiced`` when it is over."""

    first: date
    until: date
    invoiced: bool

    @property
    def name(self) -> str:
        """``2026-10``."""
        return f"{self.first:%Y-%m}"

    @property
    def days(self) -> list[date]:
        """Every day that is billed."""
        return [self.first + n * DAY for n in range((self.until - self.first).days)]


def write(path: Path, columns: Iterable[str], rows: Iterable[Row]) -> None:
    """Write a bill, compressed; the same rows give the same bytes."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        out = io.TextIOWrapper(packed, encoding="utf-8", newline="")
        writer = csv.DictWriter(out, tuple(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        out.flush()
        out.detach()


def instant(day: date) -> str:
    """Say when a day begins, as bills write it."""
    return f"{datetime(day.year, day.month, day.day, tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}"
