"""``manage.py demo``: what it prints and asks, and what a kill in the middle leaves."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from finops.ledger.sources import has_sample_data
from finops.runtime import processes
from ingest.demo import demo, usage
from tests.finops.runtime.conftest import eventually
from tests.journeys.test_survival import (
    Installation,
    finished,
    has_staged,
    house,
    kill,
    reached,
)

from .conftest import FEW, Load, written

__all__ = ["house"]  # a fixture


class Terminal(io.StringIO):
    """Standard input of somebody who sits there."""

    def isatty(self) -> bool:
        return True


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("demo", *words, stdout=out)
    return out.getvalue()


def test_it_says_what_was_loaded_and_how_to_sign_in(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "written", written)

    told = run("load", f"--calls={FEW}")

    assert f"Sample data, complete: {FEW} calls" in told
    assert "finance@demo.example" in told
    assert "Sign in with the password" in told
    assert "Sign in" not in run("load", "--brief")
    assert "complete" in run("status")
    assert json.loads(run("status", "--json"))["calls"] == FEW


def test_old_sample_data_is_said_to_be_old(load: Load) -> None:
    load()  # of November 2025

    assert "It has grown old" in run("status")


@pytest.mark.parametrize(("answer", "left"), [("n\n", True), ("\n", True), ("y\n", False)])
def test_on_a_terminal_it_asks_before_it_removes(
    load: Load, monkeypatch: pytest.MonkeyPatch, answer: str, left: bool
) -> None:
    load()
    monkeypatch.setattr("sys.stdin", Terminal(answer))

    told = run("remove")

    assert has_sample_data() is left
    assert ("Nothing was removed" in told) is left


def test_with_yes_it_does_not_ask(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    load()
    monkeypatch.setattr("sys.stdin", Terminal(""))

    assert f"Removed {FEW} sample calls. Your own data is as it was." in run("remove", "--yes")
    assert "There is no sample data." in run("remove", "--yes")
    assert "There is no sample data" in run("status")


def test_no_calls_are_no_company(load: Load) -> None:
    with pytest.raises(CommandError, match="at least one call"):
        run("load", "--calls=0")
    assert demo.status().state == "absent"


# --- real processes -----------------------------------------------------------------------------

CALLS = 30_000


@pytest.fixture
def installation(house: Installation) -> Iterator[Installation]:
    """An installation with an empty ledger, and without sample data when the test ends."""
    yield house
    house.manage("demo", "remove", "--yes")
    house.empty()


def assert_complete(installation: Installation) -> None:
    """Every call is there once, everywhere."""
    counts = {name: calls for name, (calls, _) in installation.counts().items()}
    assert (counts["calls"], counts["days"]) == (CALLS, CALLS)
    assert installation.read("SELECT count(*) FROM stale_hours") == [(0,)]
    assert installation.read("SELECT count(*) FROM finops_person") == [(6,)]
    (told,) = [json.loads(installation.manage("demo", "status", "--json"))]
    assert (told["state"], told["calls"]) == ("complete", CALLS)


def group(leader: int) -> list[int]:
    """The living processes of a process group."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(ProcessLookupError):
                if os.getpgid(int(folder.name)) == leader:
                    found.append(int(folder.name))
    return [pid for pid in found if processes.is_alive(pid)]


@pytest.mark.slow
def test_a_load_that_is_stopped_and_killed_twice_is_completed_by_the_next(
    installation: Installation,
) -> None:
    process = installation.start("demo", "load", f"--calls={CALLS}")
    reached(has_staged(installation), process)
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert (process.returncode, error) == (130, "Stopped. The same command goes on from here.\n")
    assert eventually(lambda: not group(process.pid))

    process = installation.start("demo", "load", f"--calls={CALLS}")
    reached(has_staged(installation), process)
    kill(process)  # in the middle of a file
    installation.let_leases_expire()

    process = installation.start("demo", "load", f"--calls={CALLS}")
    reached(lambda: installation.read("SELECT FROM ingest_import WHERE status = 'done'"), process)
    kill(process)  # between two files
    installation.let_leases_expire()

    finished(installation.start("demo", "load", f"--calls={CALLS}"))

    assert_complete(installation)


@pytest.mark.slow
def test_two_loads_at_once_load_it_once(installation: Installation) -> None:
    processes = [installation.start("demo", "load", f"--calls={CALLS}") for _ in range(2)]

    for process in processes:
        finished(process)

    assert_complete(installation)
