"""Uploads: streamed, bounded, whole or not at all, whatever happens on the way."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connections
from django.test import Client
from pytest_django.fixtures import Settings

from finops.models import Source
from finops.rollups.refresh import refresh
from ingest.models import Import
from ingest.tasks import take_up_imports
from tests.finops.ledger.usage import call, json_lines, total

ADDRESS = "/data/upload/"
ROWS = json_lines([call(id="1"), call(id="2")])
BOUNDARY = "a-boundary-of-ours"


def file(data: bytes = ROWS, name: str = "calls.jsonl") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def send(client: Client, data: bytes = ROWS, name: str = "calls.jsonl", **fields: str) -> Any:
    return client.post(ADDRESS, {"file": file(data, name), "complete": "yes", **fields})


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def nothing_is_left(folder: Path) -> bool:
    return files(folder) == [] and not Import.objects.exists() and not Source.objects.exists()


class Body(io.RawIOBase):
    """A multipart body made while it is read: fields, then a file of ``size`` bytes, then the end.

    It breaks off after ``cut`` bytes: the stream ends there, or fails with ``error``.
    """

    def __init__(
        self,
        size: int,
        *,
        before: dict[str, str] | None = None,
        cut: int | None = None,
        error: Exception | None = None,
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        fields = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in (before or {}).items()
        )
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="big.jsonl"'
            "\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        tail = (
            f'\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name="complete"\r\n\r\nyes'
            f"\r\n--{BOUNDARY}--\r\n"
        )
        self._parts = [(fields + head).encode(), size, tail.encode()]
        self.length = len(self._parts[0]) + size + len(self._parts[2])
        self.sent = 0
        self._cut = self.length if cut is None else cut
        self._error = error
        self._watch = watch

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self._watch()
        if self.sent >= self._cut and self._error:
            raise self._error
        size = min(size if size >= 0 else self.length, self._cut - self.sent)
        data = self._slice(self.sent, self.sent + size)
        self.sent += len(data)
        return data

    def _slice(self, start: int, end: int) -> bytes:
        head, size, tail = self._parts
        found = head[start:end]
        inside = max(0, min(end, len(head) + size) - max(start, len(head)))
        found += (b'{"no": "call"}\n' * (inside // 15 + 1))[:inside]
        after = len(head) + size
        return found + tail[max(0, start - after) : max(0, end - after)]


def stream(client: Client, body: Body) -> Any:
    return client.request(
        PATH_INFO=ADDRESS,
        REQUEST_METHOD="POST",
        CONTENT_TYPE=f"multipart/form-data; boundary={BOUNDARY}",
        CONTENT_LENGTH=str(body.length),
        **{"wsgi.input": body},
    )


# --- the way that goes well -----------------------------------------------------------------


def test_a_file_becomes_an_import_that_a_worker_takes_up(
    engineer: Client, woken: list[str], folder: Path
) -> None:
    answer = send(engineer, source="gateway")

    job = Import.objects.get()
    assert answer.headers["Location"] == f"/data/imports/{job.pk}/"
    assert (job.label, job.created_by) == ("calls.jsonl", "engineering@test.example")
    assert woken == ["ingest.take_up_imports"]
    assert take_up_imports() == 1
    job.refresh_from_db()
    assert (job.status, job.accepted, job.source.name) == ("done", 2, "gateway")
    assert "Its import has started" in engineer.get(f"/data/imports/{job.pk}/").text


def test_compressed_files_and_set_values_are_taken(engineer: Client) -> None:
    send(engineer, gzip.compress(ROWS), how="costline", **{"set-feature": "search"})

    take_up_imports()

    job = Import.objects.get()
    assert (job.accepted, job.told_options["set"]) == (2, {"feature": "search"})


def test_a_script_is_answered_with_where_to_go(engineer: Client) -> None:
    answer = engineer.post(
        ADDRESS,
        {"file": file(name="upload"), "complete": "yes", "name": "n" * 600 + ".jsonl"},
        headers={"Accept": "application/json"},
    )

    job = Import.objects.get()
    assert (answer.status_code, answer.json()) == (201, {"next": f"/data/imports/{job.pk}/"})
    assert job.label == "n" * 200


def test_the_token_is_read_from_a_field_or_from_a_header(engineer: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies.update(engineer.cookies)
    token = strict.get(ADDRESS).context["csrf_token"]
    fields = {"file": file(), "complete": "yes"}

    assert strict.post(ADDRESS, fields).status_code == 403
    assert not Import.objects.exists()
    assert strict.post(ADDRESS, {"csrfmiddlewaretoken": str(token), **fields}).status_code == 302
    fields = {"file": file(), "complete": "yes"}
    by_header = strict.post(ADDRESS, fields, headers={"X-CSRFToken": str(token)})
    assert by_header.status_code == 302
    assert Import.objects.count() == 2


def test_a_forged_upload_leaves_no_file(engineer: Client, folder: Path) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies.update(engineer.cookies)

    assert send(strict).status_code == 403

    assert nothing_is_left(folder)


def test_the_same_file_twice_counts_once(engineer: Client) -> None:
    for _ in range(2):
        send(engineer)
        take_up_imports()

    assert [job.accepted for job in Import.objects.order_by("pk")] == [2, 0]
    assert total().calls == 2


def test_two_people_at_once_both_get_their_import(
    engineer: Client, signed_in: Callable[[str], Client], folder: Path
) -> None:
    people = [engineer, signed_in("admin")]
    shared = json_lines(call(id=str(n)) for n in range(300))

    def upload_and_import(client: Client) -> int:
        try:
            status: int = send(client, shared).status_code
            take_up_imports()
            return status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(upload_and_import, people)) == [302, 302]

    take_up_imports()
    refresh()
    jobs = Import.objects.all()
    assert {job.status for job in jobs} == {"done"}
    assert sorted(job.accepted + job.duplicates for job in jobs) == [300, 300]
    assert total().calls == 300


# --- what is wrong with a file --------------------------------------------------------------


def test_an_empty_file_is_an_import_of_nothing(engineer: Client) -> None:
    send(engineer, b"")

    take_up_imports()

    job = Import.objects.get()
    assert (job.status, job.rows) == ("done", 0)
    assert "The file was empty" in engineer.get(f"/data/imports/{job.pk}/").text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bytes(range(256)) * 40, "not a text file"),
        ("{}".encode("utf-16"), "UTF-16 text"),
        ("é".encode("latin-1") * 400, "most of it is not UTF-8"),
        (gzip.compress(ROWS * 100)[:-12], "cut off before its end"),
    ],
    ids=["binary", "UTF-16", "Latin-1", "cut gzip"],
)
def test_a_file_that_is_no_text_fails_with_a_reason(
    data: bytes, reason: str, engineer: Client, folder: Path
) -> None:
    send(engineer, data)

    take_up_imports()

    page = engineer.get(f"/data/imports/{Import.objects.get().pk}/").text
    assert "Nothing was imported" in page
    assert reason in page
    assert str(folder) not in page
    assert "kept for a day" in page


HOSTILE = {
    "<script>alert(1)</script>.csv": "script&gt;.csv",
    "../../etc/passwd": "passwd",
    "evil\u202egnp.exe": "evilgnp.exe",
    "=cmd|calc.csv": "=cmd|calc.csv",
    "\N{MONEY BAG}" * 40: "\N{MONEY BAG}" * 40,
    "x" * 255: "x" * 200,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_harmless_label(name: str, engineer: Client, folder: Path) -> None:
    send(engineer, name=name)

    job = Import.objects.get()
    assert files(folder) == [str(job.pk)]
    for address in ("/data/", "/data/imports/", f"/data/imports/{job.pk}/", "/data/running/"):
        page = engineer.get(address).text
        assert HOSTILE[name] in page
        assert "<script>alert" not in page
        assert "\u202e" not in page


def test_an_unknown_format_waits_for_an_answer(engineer: Client, woken: list[str]) -> None:
    answer = send(engineer, b"when,tokens\n2026-11-01T10:00:00Z,7\n")

    job = Import.objects.get()
    assert (job.waits, woken) == (True, [])
    assert answer.headers["Location"] == f"/data/imports/{job.pk}/mapping/"


def test_a_person_may_insist_on_naming_the_columns(engineer: Client) -> None:
    send(engineer, how="columns")

    assert Import.objects.get().waits


# --- what is wrong with a request -----------------------------------------------------------


def test_without_a_file_the_form_says_so_and_keeps_what_was_typed(
    engineer: Client, folder: Path
) -> None:
    answer = engineer.post(ADDRESS, {"source": "<gateway>", "complete": "yes"})

    assert answer.status_code == 422
    assert "Choose a file." in answer.text
    assert 'value="&lt;gateway&gt;"' in answer.text
    assert nothing_is_left(folder)


def test_a_file_in_another_field_is_passed_over(engineer: Client, folder: Path) -> None:
    answer = engineer.post(ADDRESS, {"avatar": file(), "complete": "yes"})

    assert (answer.status_code, nothing_is_left(folder)) == (422, True)


def test_only_the_first_of_two_files_is_taken(engineer: Client, folder: Path) -> None:
    engineer.post(ADDRESS, {"file": [file(), file(b"other")], "complete": "yes"})

    job = Import.objects.get()
    assert files(folder) == [str(job.pk)]
    assert Path(job.path).read_bytes() == ROWS


@pytest.mark.parametrize(
    ("field", "value", "wrong"),
    [
        ("source", "s" * 201, "at most 200 letters"),
        ("source", "nul\0", "Null characters are not allowed"),
        ("how", "magic", "not one of the available choices"),
        ("set-team", "t" * 501, "at most 500 characters"),
    ],
)
def test_options_that_make_no_sense_leave_no_file(
    field: str, value: str, wrong: str, engineer: Client, folder: Path
) -> None:
    answer = send(engineer, **{field: value})

    assert answer.status_code == 422
    assert wrong in answer.text
    assert nothing_is_left(folder)


def test_scripts_are_told_what_is_wrong_in_words(engineer: Client) -> None:
    answer = engineer.post(ADDRESS, {"complete": "yes"}, headers={"Accept": "application/json"})

    assert (answer.status_code, answer.json()) == (422, {"errors": ["Choose a file."]})


def test_a_body_that_is_no_form_is_no_upload(engineer: Client, folder: Path) -> None:
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x", "text/plain"):
        answer = engineer.post(ADDRESS, b"\x00rubbish", content_type=kind)

        assert answer.status_code in {400, 422}
    assert nothing_is_left(folder)


# --- rights and bounds, before the body is read ---------------------------------------------


def test_whoever_may_not_upload_is_turned_away_unread(viewer: Client, folder: Path) -> None:
    for client, status in ((Client(), 302), (viewer, 403)):
        body = Body(10**9)

        assert stream(client, body).status_code == status
        assert body.sent == 0
    assert nothing_is_left(folder)


def test_a_file_above_the_limit_is_refused_unread(
    engineer: Client, folder: Path, settings: Settings
) -> None:
    settings.UPLOAD_LIMIT = 5 * 1024**2
    body = Body(7 * 1024**2)

    answer = stream(engineer, body)

    assert (answer.status_code, body.sent) == (413, 0)
    assert "The file is larger than 5 MB, the most that is taken." in answer.text
    assert nothing_is_left(folder)


def test_a_file_just_above_the_limit_is_refused_while_it_arrives(
    engineer: Client, folder: Path, settings: Settings
) -> None:
    settings.UPLOAD_LIMIT = 5 * 1024**2

    assert stream(engineer, Body(5 * 1024**2 + 1)).status_code == 413
    assert nothing_is_left(folder)
    assert stream(engineer, Body(5 * 1024**2)).status_code == 302


def test_a_file_that_would_fill_the_disk_is_refused(
    engineer: Client, folder: Path, settings: Settings
) -> None:
    settings.UPLOAD_RESERVE = 10**18

    answer = send(engineer)

    assert answer.status_code == 507
    assert "no room for this file" in answer.text
    assert nothing_is_left(folder)


# --- an upload that breaks off --------------------------------------------------------------


@pytest.mark.parametrize(
    ("cut", "error"),
    [
        (200_000, None),
        (200_000, OSError("connection reset by peer")),
        (300, OSError("connection reset by peer")),
        (10, None),
    ],
    ids=["ends", "fails", "fails early", "ends at once"],
)
def test_an_upload_that_is_cut_leaves_nothing(
    cut: int, error: Exception | None, engineer: Client, folder: Path
) -> None:
    answer = stream(engineer, Body(500_000, cut=cut, error=error))

    assert answer.status_code in {400, 403, 422}
    assert nothing_is_left(folder)


def test_a_cut_right_after_the_file_is_a_cut(engineer: Client, folder: Path) -> None:
    whole = Body(500_000)

    answer = stream(engineer, Body(500_000, cut=whole.length - 60))

    assert answer.status_code == 400
    assert "broke off before its end" in answer.text
    assert nothing_is_left(folder)


def test_the_database_gone_in_mid_upload_leaves_nothing(
    engineer: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    engineer.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr(Import, "save", away)
        answer = send(engineer)

    assert answer.status_code == 503
    assert "The database does not answer" in answer.text
    assert nothing_is_left(folder)
    assert send(engineer).status_code == 302


def test_other_forms_take_no_files(engineer: Client, folder: Path, settings: Settings) -> None:
    engineer.post("/theme/", {"theme": "dark", "file": file(b"x" * 10_000)})

    assert nothing_is_left(folder)
    assert settings.FILE_UPLOAD_HANDLERS == ["finops.web.data.receiving.NoFiles"]


@pytest.mark.slow
def test_a_large_file_takes_no_more_memory_than_a_small_one(engineer: Client, folder: Path) -> None:
    process = psutil.Process()
    stream(engineer, Body(1024**2))
    before, peak = process.memory_info().rss, 0

    def watch() -> None:
        nonlocal peak
        peak = max(peak, process.memory_info().rss)

    answer = stream(engineer, Body(300 * 1024**2, watch=watch))

    assert answer.status_code == 302
    assert Path(Import.objects.latest("pk").path).stat().st_size == 300 * 1024**2
    assert peak - before < 24 * 1024**2
