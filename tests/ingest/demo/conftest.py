"""A small demo company, loaded as the command loads it, and taken away after the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from finops.models import AttributionRule, DimensionValue, Price
from ingest.demo import bills, closes, demo, governance, usage
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
    _leave_out(monkeypatch, bills, governance, closes)

    def loading(*, now: datetime = NOW, calls: int = FEW) -> demo.Status:
        return demo.load(now=now, say=silent, calls=calls)

    yield loading
    _clear()


@pytest.fixture(scope="module")
def story(django_db_setup: None, django_db_blocker: object) -> Iterator[demo.Status]:
    """20,000 calls of the company and its meetings, for all tests of a module."""
    yield from _told(django_db_blocker, bills, closes)


@pytest.fixture(scope="module")
def billed(django_db_setup: None, django_db_blocker: object) -> Iterator[demo.Status]:
    """20,000 calls of the company, its bills and closed months, for all tests of a module."""
    yield from _told(django_db_blocker, governance)


def _told(blocker: Any, *without: ModuleType) -> Iterator[demo.Status]:
    with blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        empty_ledger()
        _leave_out(patch, *without)
        yield demo.load(now=NOW, say=silent, calls=20_000)
        _clear()


def _leave_out(patch: pytest.MonkeyPatch, *chapters: ModuleType) -> None:
    untold = [chapter.load for chapter in chapters]
    patch.setattr(demo, "CHAPTERS", tuple(each for each in CHAPTERS if each.load not in untold))
    for chapter in chapters:
        patch.setattr(chapter, "load", lambda story: None)


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
