"""Uploading in a real browser: with progress and cancel, by dropping, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from ingest.models import Import
from ingest.uploads import upload_folder
from tests.browser.conftest import Visit
from tests.finops.ledger.usage import call, json_lines

ROWS = json_lines([call(id="browser 1"), call(id="browser 2")])
HOSTILE = "\N{MONEY BAG}<script>alert(1)<script>.jsonl"

#: Drops a file on the form as a hand would, which no keyboard needs: the field is there too.
DROP = """(drop, [name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  drop.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(autouse=True)
def nothing_left(visit: Visit) -> Iterator[None]:
    """Leave the folder and the record as they were found: nobody takes these imports up."""
    files, last = set(upload_folder().iterdir()), Import.objects.latest("pk").pk
    yield
    Import.objects.filter(pk__gt=last).delete()
    for path in set(upload_folder().iterdir()) - files:
        path.unlink()


def file(folder: Path, name: str = "calls.jsonl", data: bytes = ROWS) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def on_an_import(page: Page) -> Import:
    page.wait_for_url(re.compile(r"/data/imports/\d+/$"))
    return Import.objects.get(pk=int(page.url.rstrip("/").rpartition("/")[2]))


def test_a_file_is_chosen_and_sent(visit: Visit, tmp_path: Path) -> None:
    visitor = visit("engineering")
    page = visitor.open("/data/upload/")

    page.locator("input[type=file]").set_input_files(file(tmp_path))
    page.get_by_label("Source").fill("browser")
    page.get_by_role("button", name="Upload and import").click()

    job = on_an_import(page)
    assert (job.label, job.options["source"]) == ("calls.jsonl", "browser")
    expect(page.locator("#progress")).to_contain_text("Waits for a worker.")
    assert not any(visitor.faults().values()), visitor.faults()


def test_a_file_is_dropped(visit: Visit) -> None:
    visitor = visit("engineering")
    page = visitor.open("/data/upload/")

    page.locator("[data-drop]").evaluate(DROP, [HOSTILE, ROWS.decode()])
    expect(page.locator("[data-told]")).to_have_text(f"{HOSTILE} is ready to be sent.")
    page.get_by_role("button", name="Upload and import").click()

    job = on_an_import(page)
    assert job.label == HOSTILE
    assert not any(visitor.faults().values()), visitor.faults()


def test_an_upload_is_cancelled_on_the_way(visit: Visit, tmp_path: Path) -> None:
    visitor = visit("engineering")
    page = visitor.open("/data/upload/")
    before = Import.objects.count()
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 50_000}
    slow.send("Network.emulateNetworkConditions", line)

    page.locator("input[type=file]").set_input_files(file(tmp_path, data=ROWS * 20_000))
    page.get_by_role("button", name="Upload and import").click()
    page.get_by_role("button", name="Cancel upload").click()

    expect(page.locator("[data-told]")).to_have_text("Cancelled. Nothing was kept.")
    expect(page.get_by_role("button", name="Upload and import")).to_be_enabled()
    assert Import.objects.count() == before


def test_without_a_file_it_says_so_and_takes_the_focus_there(visit: Visit) -> None:
    visitor = visit("engineering")
    page = visitor.open("/data/upload/")
    page.locator("input[type=file]").evaluate("field => field.removeAttribute('required')")

    page.get_by_role("button", name="Upload and import").click()

    expect(page.locator("[data-told]")).to_have_text("Choose a file.")
    expect(page.locator("input[type=file]")).to_be_focused()


def test_a_file_above_the_limit_is_not_sent(visit: Visit, tmp_path: Path) -> None:
    visitor = visit("engineering")
    page = visitor.open("/data/upload/")
    limit = page.locator("form[data-upload]").get_attribute("data-limit")
    assert limit == str(settings.UPLOAD_LIMIT)
    page.locator("form[data-upload]").evaluate("form => { form.dataset.limit = '10' }")

    page.locator("input[type=file]").set_input_files(file(tmp_path))
    page.get_by_role("button", name="Upload and import").click()

    expect(page.locator("[data-told]")).to_contain_text("The file is larger than")


def test_errors_are_told_where_the_file_was_chosen(visit: Visit, tmp_path: Path) -> None:
    visitor = visit("engineering")
    page = visitor.open("/data/upload/")

    page.locator("input[type=file]").set_input_files(file(tmp_path))
    page.get_by_label("Source").evaluate("field => { field.value = 's'.repeat(201) }")
    page.get_by_role("button", name="Upload and import").click()

    expect(page.locator("[data-told]")).to_contain_text("at most 200 letters")
    expect(page.locator("input[type=file]")).to_have_value(re.compile("calls.jsonl"))


def test_without_javascript_the_form_sends_itself(visit: Visit, tmp_path: Path) -> None:
    visitor = visit("engineering", javascript=False)
    page = visitor.page
    page.goto(f"{visitor.url}/data/upload/")

    page.locator("input[type=file]").set_input_files(file(tmp_path))
    page.get_by_role("button", name="Upload and import").click()

    job = on_an_import(page)
    assert job.status == Import.QUEUED
    page.get_by_role("link", name="Refresh").click()
    page.get_by_role("button", name="Cancel import").click()
    expect(page.locator("h1")).to_have_text("calls.jsonl")
    expect(page.locator("#progress")).to_contain_text("Cancelled.")


def test_columns_are_explained_by_keyboard_and_without_javascript(
    visit: Visit, tmp_path: Path
) -> None:
    visitor = visit("engineering", javascript=False)
    page = visitor.page
    page.goto(f"{visitor.url}/data/upload/")
    rows = b"when,model,ContextTokens\n2026-11-01T10:00:00Z,gpt-4o,1000\n"
    page.locator("input[type=file]").set_input_files(file(tmp_path, "azure.csv", rows))
    page.get_by_role("button", name="Upload and import").press("Enter")

    page.get_by_label("Time of the call: column").select_option("when")
    page.get_by_label("Provider: always").fill("openai")
    page.get_by_role("button", name="Try on the first 100 rows").press("Enter")
    expect(page.locator("#h-trial")).to_have_text("1 call from the first 1 row")
    page.get_by_role("button", name="Import the file").press("Enter")

    job = on_an_import(page)
    assert job.options["mapping"] == {
        "time": "when",
        "provider": {"const": "openai"},
        "model": "model",
        "input_tokens": "ContextTokens",
    }


def test_a_running_import_is_watched_to_its_end(visit: Visit) -> None:
    visitor = visit("viewer")
    job = Import.objects.create(
        path="/nowhere/live.jsonl", created_at=Import.objects.latest("pk").created_at
    )
    Import.objects.filter(pk=job.pk).update(
        status="running", rows=10, options={"size": 100, "read": 10}
    )
    page = visitor.open("/data/")
    expect(page.locator("#running progress")).to_have_attribute("value", "10")

    Import.objects.filter(pk=job.pk).update(rows=20, options={"size": 100, "read": 90})
    expect(page.locator("#running progress")).to_have_attribute("value", "90", timeout=8_000)
    assert not any(visitor.faults().values()), visitor.faults()
    Import.objects.filter(pk=job.pk).update(status="done", rows=20, accepted=20)

    expect(page.locator("#running")).not_to_contain_text("under way", timeout=8_000)
    expect(page.locator("#h-recent")).to_be_visible()
