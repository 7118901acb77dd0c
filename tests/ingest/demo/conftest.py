"""A small demo company, loaded as the command loads it, and taken away after the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from finops.models import AttributionRule, DimensionValue, Price
from ingest.demo import bills, demo, governance, usage
from ingest.demo.chapters import CHAPTERS
from ingest.demo.story import KEPT
from ingest.generator.demo_company import Calendar, Gateway
from tests.conftest import empty_ledger

#: A Friday afternoon, late enough in the month for the whole story to lie in it.
NOW = datetime(2025, 11, 21, 15, 20, tzinfo=UTC)
#: Enough for every workflow; the story's figures need more.
FEW = 900

Load = Callable[..., demo.Status]


def silent(words: str) -> None:
    """Say nothing."""


def written(
    gateways: Sequence[Gateway], calendar: Calendar, folder: Path
) -> Iterator[tuple[Gateway, Path]]:
    """Do what ``writing.written`` does, without the second process and its start-up time."""
    for gateway in gateways:
        path = folder / f"{gateway.source}{gateway.dialect.suffix}.gz"
        gateway.write(path, calendar)
        yield gateway, path


@pytest.fixture
def load(ledger: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """``demo load`` of a few calls into an empty ledger; nobody bills them or meets about them."""
    monkeypatch.setattr(usage, "written", written)
    untold = (bills.load, governance.load)
    monkeypatch.setattr(demo, "CHAPTERS", tuple(c for c in CHAPTERS if c.load not in untold))
    for chapter in (bills, governance):
        monkeypatch.setattr(chapter, "load", lambda story: None)

    def loading(*, now: datetime = NOW, calls: int = FEW) -> demo.Status:
        return demo.load(now=now, say=silent, calls=calls)

    yield loading
    _clear()


@pytest.fixture(scope="module")
def story(django_db_setup: None, django_db_blocker: object) -> Iterator[demo.Status]:
    """20,000 calls of the company, for all tests of a module."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        empty_ledger()
        yield demo.load(now=NOW, say=silent, calls=20_000)
        _clear()


def _clear() -> None:
    """Remove the sample, and what that keeps for the real data of a test."""
    demo.remove(now=NOW, say=silent)
    empty_ledger()
    DimensionValue.objects.exclude(merged_into=None).delete()
    DimensionValue.objects.all().delete()
    Price.objects.filter(approved_by=KEPT).delete()
    AttributionRule.objects.exclude(created_by="installation").delete()


def remove() -> list[str]:
    """``demo remove``; gives what was kept."""
    return demo.remove(now=NOW, say=silent)
