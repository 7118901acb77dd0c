"""What every figure keeps to, whatever it draws."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from finops.figures.figure import TRACE_TYPES
from finops.figures.registry import FIGURES
from finops.rollups.refresh import refresh
from finops.web.styleguide import HOSTILE
from tests.finops.ledger.usage import call, import_rows

COLOURS = re.compile(r"^(var:[\w-]+|#[0-9a-f]{6}|rgba?\(.*\))$")


@pytest.fixture
def answers(ledger: None, signed_in: Callable[[str], Client]) -> Callable[[str], Any]:
    today = datetime.now(UTC)
    import_rows(
        *(
            call(
                id=f"{n}",
                time=(today - timedelta(days=n)).isoformat(),
                workflow=HOSTILE,
                team=f"team {n % 3}",
                run=f"run {n}",
            )
            for n in range(40)
        )
    )
    refresh()
    client = signed_in("viewer")
    return lambda query: client.get(f"/api/v1/figures/{query}")


@pytest.mark.parametrize("name", FIGURES)
def test_it_draws_only_what_the_bundle_can_and_without_markup(name: str, answers: Any) -> None:
    figure = answers(f"{name}/").json()

    assert {trace["type"] for trace in figure["data"]} <= TRACE_TYPES
    assert "template" not in figure["layout"]
    drawn = json.dumps({"data": figure["data"], "layout": figure["layout"]})
    assert not re.search(r"<(?!extra>|/extra>|br>)\w", drawn)


@pytest.mark.parametrize("name", FIGURES)
def test_its_colours_are_tokens(name: str, answers: Any) -> None:
    figure = answers(f"{name}/").json()
    colours = re.findall(r'"color": "([^"]+)"', json.dumps([figure["data"], figure["layout"]]))

    assert all(COLOURS.match(colour) for colour in colours)


@pytest.mark.parametrize("name", FIGURES)
def test_its_table_and_its_csv_have_the_same_rows(name: str, answers: Any) -> None:
    meta = answers(f"{name}/").json()["meta"]
    header, *rows = csv.reader(io.StringIO(answers(f"{name}/?format=csv").content.decode()))

    assert header == [*meta["columns"], "currency"]
    assert [len(row) for row in rows] == [len(header)] * len(meta["rows"])
    for row, shown in zip(rows, meta["rows"], strict=True):
        for cell, value in zip(row, shown, strict=False):
            assert cell == "" if value is None else _same(cell, value)


@pytest.mark.parametrize("name", FIGURES)
def test_it_says_in_words_what_it_shows(name: str, answers: Any) -> None:
    meta = answers(f"{name}/").json()["meta"]

    assert meta["title"]
    assert meta["subtitle"]
    assert len(meta["alt"]) > 20


@pytest.mark.parametrize("query", ["period=2026-13", "period=3000-01", "period=x", "against=no"])
@pytest.mark.parametrize("name", FIGURES)
def test_a_question_that_makes_no_sense_is_answered_400(
    name: str, query: str, answers: Any
) -> None:
    assert answers(f"{name}/?{query}").status_code == 400


def test_an_unknown_figure_is_answered_404(answers: Any) -> None:
    assert answers("nothing/").status_code == 404


def _same(cell: str, value: Any) -> bool:
    try:
        return Decimal(cell) == Decimal(str(value))
    except ArithmeticError:
        return cell.lstrip("'") == str(value)
