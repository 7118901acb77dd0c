"""The command: preview, apply, undo, list, and what it answers when it cannot."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from finops.models import Organization
from tests.finops.ledger.usage import assert_parity, import_rows, total
from tests.finops.revaluation.history import column, own_model, preview, price

pytestmark = pytest.mark.usefixtures("ledger")


def command(*arguments: str) -> Any:
    out = io.StringIO()
    call_command("revalue", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_preview_apply_undo_list() -> None:
    import_rows(own_model(id="1"))

    with price("2"):
        previewed = command("--price", "--unpriced", "--reason", "a new contract")
        assert (previewed["state"], column("cost")) == ("previewed", [None])
        applied = command("--apply", str(previewed["id"]))
    assert (applied["state"], applied["reason"]) == ("applied", "a new contract")
    assert total().cost == Decimal("0.003")

    undone = command("--undo", str(applied["id"]), "--reason", "the wrong contract")
    assert (undone["state"], undone["undone_by"]) == ("undone", "command line")
    assert undone["undo_reason"] == "the wrong contract"
    assert total().cost == 0
    assert command("--list") == {"revaluations": [undone]}
    assert_parity()


def test_apply_at_once() -> None:
    import_rows(own_model(id="1"))

    with price("2"):
        applied = command("--price", "--attribution", "--apply")

    assert (applied["state"], applied["parts"]) == ("applied", ["price", "attribution"])
    assert applied["preview"]["total"]["cost_after"] == "0.003"
    assert_parity()


def test_days_are_cut_in_the_reporting_zone() -> None:
    Organization.objects.update(time_zone="Asia/Kolkata")
    import_rows(
        own_model(id="1", time="2026-11-01T18:29:59Z"),
        own_model(id="2", time="2026-11-01T18:30:00Z"),
        own_model(id="3", time="2026-11-02T18:30:00Z"),
    )

    with price("2"):
        command("--price", "--since", "2026-11-02", "--until", "2026-11-03", "--apply")

    assert column("cost") == [None, Decimal("0.003"), None]
    assert_parity()


def test_filters_of_one_dimension_are_alternatives() -> None:
    import_rows(*(own_model(id=team, team=team) for team in ("one", "two", "three")))

    with price("2"):
        told = command("--price", "--filter", "team=one", "--filter", "team=two")

    assert told["filters"] == {"team": ["one", "two"]}
    assert told["preview"]["changed_calls"]["changed"] == 2


def test_a_stale_preview_exits_with_1_until_it_is_forced() -> None:
    import_rows(own_model(id="1"))
    with price("2"):
        stored = str(preview("price").pk)

    with price("3"):
        with pytest.raises(SystemExit) as exited:
            command("--apply", stored)
        assert (exited.value.code, column("cost")) == (1, [None])
        command("--apply", stored, "--force")

    assert column("cost") == [Decimal("0.0045")]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--apply",),
        ("--price", "--filter", "colour=red"),
        ("--price", "--since", "yesterday"),
        ("--price", "--since", "2026-11-02", "--until", "2026-11-01"),
        ("--undo", "99999999"),
        ("--apply", "99999999"),
        ("--apply", "1", "--price"),
    ],
)
def test_what_cannot_be_done_exits_with_2(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as refused:
        command(*arguments)
    assert refused.value.returncode == 2


def test_people_read_a_sentence_and_tables(capsys: pytest.CaptureFixture[str]) -> None:
    import_rows(own_model(id="1", team="growth"))

    with price("2"):
        call_command("revalue", "--price")

    told = capsys.readouterr().out
    assert "1 call would change, 1 becoming priced, USD unpriced → 0.003" in told
    assert "growth" in told
    assert "nothing is changed yet" in told
