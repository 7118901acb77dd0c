"""Saying what the columns of a file mean, and trying it before it counts."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from finops.ledger.sources import source_named
from finops.rollups.refresh import refresh
from finops.rollups.sources import change_source
from finops.web.data.forms import MappingForm, initial_of
from ingest.models import Import
from ingest.tasks import take_up_imports
from ingest.trial import Column
from tests.finops.ledger.usage import PRICE, total

ROWS = (
    b"TIMESTAMP,ContextTokens,GeneratedTokens,prompt,event\n"
    b"2026-11-01T10:00:00Z,1000,500,tell me a secret,chat\n"
    b"2026-11-01T11:00:00Z,1000,500,another secret,chat\n"
    b"2026-11-01T12:00:00Z,1000,500,a third one,ping\n"
)
ANSWER = {
    "column-time": "TIMESTAMP",
    "column-input_tokens": "ContextTokens",
    "column-output_tokens": "GeneratedTokens",
    "always-provider": "openai",
    "always-model": "gpt-4o",
}


@pytest.fixture
def waiting(engineer: Client) -> Import:
    """A file whose columns nobody has explained yet."""
    return uploaded(engineer, ROWS)


def uploaded(client: Client, data: bytes, **fields: str) -> Import:
    file = SimpleUploadedFile("azure.csv", data)
    client.post("/data/upload/", {"file": file, "complete": "yes", "source": "azure", **fields})
    return Import.objects.latest("pk")


def ask(client: Client, job: Import, **answer: str) -> Any:
    return client.post(f"/data/imports/{job.pk}/mapping/", answer)


def test_the_file_is_shown_without_what_was_said_and_names_are_guessed(
    engineer: Client, waiting: Import
) -> None:
    page = engineer.get(f"/data/imports/{waiting.pk}/mapping/")

    assert "ContextTokens" in page.text
    assert "tell me" not in page.text
    assert "(withheld)" in page.text
    assert page.context["form"].initial == {
        "column-time": "TIMESTAMP",
        "column-input_tokens": "ContextTokens",
        "column-output_tokens": "GeneratedTokens",
    }


def test_trying_shows_calls_and_imports_nothing(engineer: Client, waiting: Import) -> None:
    page = ask(engineer, waiting, **ANSWER, **{"try": "yes"})

    assert page.status_code == 200
    assert "3 calls from the first 3 rows" in page.text
    assert "1,000" in page.text
    assert "$0.0075" in page.text
    assert Import.objects.get().waits


def test_importing_reads_the_file_as_it_was_tried(
    engineer: Client, waiting: Import, woken: list[str]
) -> None:
    answer = ask(
        engineer,
        waiting,
        **ANSWER,
        **{"where_column": "event", "where_value": "chat", "import": "yes"},
    )

    assert answer.headers["Location"] == f"/data/imports/{waiting.pk}/"
    assert woken == ["ingest.take_up_imports"]
    take_up_imports()
    refresh()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.accepted, waiting.skipped) == ("done", 2, 1)
    assert total().cost == 2 * PRICE
    assert "Show its mapping" in engineer.get(f"/data/imports/{waiting.pk}/").text


def test_a_mapping_that_was_used_is_offered_for_the_next_file(
    engineer: Client, waiting: Import
) -> None:
    ask(engineer, waiting, **ANSWER, **{"import": "yes"})
    take_up_imports()
    page = engineer.get("/data/upload/").text
    assert f'value="like-{waiting.pk}"' in page
    assert "Like azure.csv of azure" in page

    job = uploaded(engineer, ROWS + ROWS.splitlines()[1] + b"\n", how=f"like-{waiting.pk}")
    take_up_imports()

    job.refresh_from_db()
    assert (job.status, job.accepted, job.duplicates) == ("done", 1, 3)


def test_what_a_call_cannot_be_without_is_asked_for(engineer: Client, waiting: Import) -> None:
    page = ask(engineer, waiting, **{"column-time": "TIMESTAMP", "import": "yes"})

    assert page.status_code == 422
    assert "Choose the column of: Provider." in page.text
    assert "Choose the column of: Model." in page.text
    assert 'href="#id_column-model"' in page.text
    assert Import.objects.get().waits


def test_a_mapping_that_makes_no_calls_is_not_imported(engineer: Client, waiting: Import) -> None:
    wrong = ANSWER | {"column-time": "event", "import": "yes"}

    page = ask(engineer, waiting, **wrong)

    assert page.status_code == 422
    assert "None of the first 3 rows becomes a call." in page.text
    assert Import.objects.get().waits


@pytest.mark.parametrize(
    ("field", "value", "wrong"),
    [
        ("time_zone", "Mars/Base", "is no zone"),
        ("column-feature", "prompt", "is not one of the available choices"),
        ("column-time", "no such column", "is not one of the available choices"),
        ("always-model", "m" * 501, "at most 500 characters"),
    ],
)
def test_answers_that_make_no_sense_are_shown_again(
    field: str, value: str, wrong: str, engineer: Client, waiting: Import
) -> None:
    page = ask(engineer, waiting, **(ANSWER | {field: value, "import": "yes"}))

    assert page.status_code == 422
    assert wrong in page.text
    assert Import.objects.get().waits


def test_times_without_a_zone_are_read_in_the_zone_of_the_source(engineer: Client) -> None:
    source_named("azure")
    change_source("azure", time_zone="Europe/Vienna")
    job = uploaded(engineer, ROWS.replace(b"Z,", b","))

    page = ask(engineer, job, **ANSWER, **{"try": "yes"})

    assert "1 Nov 2026, 09:00 UTC" in page.text


def test_two_answers_to_one_file_import_it_once(engineer: Client, waiting: Import) -> None:
    ask(engineer, waiting, **ANSWER, **{"import": "yes"})

    second = ask(engineer, waiting, **ANSWER, **{"import": "yes"})

    assert second.status_code == 302
    assert take_up_imports() == 1
    assert Import.objects.count() == 1


def test_a_failed_upload_is_read_again_with_a_mapping(engineer: Client) -> None:
    failed = uploaded(engineer, ROWS, how="costline")
    take_up_imports()
    failed.refresh_from_db()
    assert failed.status == "failed"
    page = engineer.get(f"/data/imports/{failed.pk}/").text
    assert "Try again as it is" in page

    ask(engineer, failed, **ANSWER, **{"import": "yes"})
    take_up_imports()

    again = Import.objects.latest("pk")
    assert (again.status, again.accepted, again.label) == ("done", 3, "azure.csv")


def test_a_failed_upload_is_tried_again_as_it_is(engineer: Client) -> None:
    failed = uploaded(engineer, ROWS, how="costline")
    take_up_imports()

    engineer.post(f"/data/imports/{failed.pk}/again/")

    assert Import.objects.count() == 2
    assert take_up_imports() == 1
    assert Import.objects.latest("pk").told_options["format"] == "costline"


def test_json_lines_are_mapped_by_dotted_paths(engineer: Client) -> None:
    row = b'{"at": 1793527200, "usage": {"in": 1000, "out": 500}, "llm": "gpt-4o"}\n'
    job = uploaded(engineer, row)
    answer = {
        "column-time": "at",
        "column-model": "llm",
        "always-provider": "openai",
        "column-input_tokens": "usage.in",
        "column-output_tokens": "usage.out",
        "import": "yes",
    }

    ask(engineer, job, **answer)
    take_up_imports()
    refresh()

    assert total().cost == PRICE


def test_what_needs_no_answer_leads_back(engineer: Client, waiting: Import) -> None:
    ask(engineer, waiting, **ANSWER, **{"import": "yes"})
    take_up_imports()

    page = engineer.get(f"/data/imports/{waiting.pk}/mapping/", follow=True)

    assert "needs no answer any more" in page.text


def test_a_form_is_filled_from_a_mapping_and_gives_it_back() -> None:
    mapping = {
        "time": "t",
        "provider": {"const": "openai"},
        "model": "m",
        "time_unit": "ms",
        "time_zone": "UTC",
        "where": {"kind": "chat"},
    }
    columns = [Column(name, "", content=False) for name in ("t", "m", "kind")]

    form = MappingForm(initial_of(mapping), columns=columns)

    assert form.is_valid()
    assert form.mapping == mapping
