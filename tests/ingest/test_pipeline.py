"""From a file to the ledger and its rollups."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zstandard
from django.db import OperationalError, connection
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from finops.models import LeaseLost, Source
from finops.rollups.queries import Scope, costs
from finops.rollups.refresh import refresh
from ingest import pipeline
from ingest.models import Import
from ingest.pipeline import run_import
from ingest.readers import MIB
from ingest.rejects import rejects
from tests.conftest import empty_ledger
from tests.finops.ledger.usage import (
    PRICE,
    assert_parity,
    assert_whole,
    call,
    import_bytes,
    import_rows,
    json_lines,
    queued,
    read,
    total,
)

pytestmark = pytest.mark.usefixtures("ledger")


def test_a_call_is_priced_and_found_again() -> None:
    job = import_rows(call(id="1", feature="search"))

    answer = costs(Scope(by=("feature",)))

    assert (job.status, job.accepted) == ("done", 1)
    assert [(row.values, row.measures.cost) for row in answer.rows] == [
        (("search",), Decimal("0.0075"))
    ]


def test_the_same_file_again_changes_nothing() -> None:
    rows = [call(id="1"), call(), call()]
    import_rows(*rows)
    before = costs(Scope(by=("model",)))

    again = import_rows(*rows)

    assert (again.accepted, again.duplicates) == (0, 3)
    assert costs(Scope(by=("model",))) == before


# --- how an import ends ---------------------------------------------------------------------


def ended(job: Import) -> tuple[str, int, int, int]:
    """Status, rows, accepted and rejected rows of an import; every row has one fate."""
    assert_whole(job)
    return job.status, job.rows, job.accepted, job.rejected


def assert_nothing_is_left_of(job: Import) -> None:
    """Neither calls nor keys, evidence, stale marks or a stage."""
    for table in ("calls", "call_keys", "call_evidence", "stale_hours"):
        assert read(f"SELECT * FROM {table}") == []
    staged = "SELECT count(*) FROM pg_tables WHERE schemaname = 'staging' AND tablename LIKE %s"
    assert read(staged, f"import\\_{job.pk}\\_%") == [(0,)]


BAD = call(time="yesterday")


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"\r\n"])
def test_an_empty_file_is_done(data: bytes) -> None:
    assert ended(import_bytes(data)) == ("done", 0, 0, 0)


def test_a_file_of_nothing_but_bad_rows_failed() -> None:
    job = import_bytes(json_lines([BAD, BAD]))

    assert ended(job) == ("failed", 2, 0, 2)
    assert job.error == "every row was rejected"
    assert_nothing_is_left_of(job)
    assert len(list(rejects(job.pk))) == 2


def test_a_file_with_some_bad_rows_is_partial() -> None:
    assert ended(import_bytes(json_lines([call(), BAD, call()]))) == ("partial", 3, 2, 1)


def test_a_known_row_beside_bad_ones_is_enough_to_be_partial() -> None:
    import_rows(call(id="a"))

    assert ended(import_bytes(json_lines([call(id="a"), BAD]))) == ("partial", 2, 0, 1)


def cut(data: bytes) -> bytes:
    return gzip.compress(data)[:-12]


UNREADABLE = {
    "cut gzip": (cut(json_lines(call(id=str(n)) for n in range(500))), "cut off before its end"),
    "corrupt gzip": (gzip.compress(b"x" * 999)[:20] + b"?" * 40, "corrupt"),
    "binary": (bytes(range(256)) * 40, "not a text file"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(400), "not a text file"),
    "UTF-16": ("{}".encode("utf-16"), "UTF-16"),
    "Latin-1 prose": ("é".encode("latin-1") * 400, "most of it is not UTF-8"),
    "some other log": (b'{"level":"info","msg":"started"}\n', "not recognised"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_failed_and_says_why(name: str) -> None:
    data, reason = UNREADABLE[name]

    job = import_bytes(data)

    assert job.status == "failed"
    assert reason in job.error
    assert_whole(job)
    assert_nothing_is_left_of(job)


def test_what_was_staged_of_a_cut_file_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 100)
    rows = [BAD, *(call(id=f"{n:x}" * 50) for n in range(9_000))]

    job = import_bytes(gzip.compress(json_lines(rows), 0)[:-200_000])

    assert (job.status, job.accepted, job.rejected) == ("failed", 0, 1)
    assert job.resume_point > 0
    assert_whole(job)
    assert_nothing_is_left_of(job)


def test_a_cancelled_import_publishes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 10)
    seen: list[Import] = []

    def cancel(job: Import, _: object) -> None:
        seen.append(job)
        Import.objects.filter(pk=job.pk).update(cancel_requested=True)

    with TemporaryDirectory() as folder:
        path = Path(folder) / "calls.jsonl"
        path.write_bytes(json_lines(call() for _ in range(100)))
        job = run_import(queued(path), progress=cancel)

    assert job.status == "cancelled"
    assert len(seen) < 4  # of eleven batches
    assert_whole(job)
    assert_nothing_is_left_of(job)


def test_an_import_cancelled_while_it_waited_publishes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(json_lines([call()]))
    job = queued(path)
    Import.objects.update(cancel_requested=True)

    assert run_import(job).status == "cancelled"
    assert_nothing_is_left_of(job)


# --- what files look like -------------------------------------------------------------------

ONE = json_lines([call(id="1")])
CSV = """id,time,provider,model,input_tokens,feature
1,2026-11-01T10:00:00Z,openai,gpt-4o,9,café
""".encode()
LOOKS = {
    "CRLF": ONE.replace(b"\n", b"\r\n"),
    "no line end": ONE.rstrip(),
    "blank lines": b"\n\n" + ONE + b"\n \n",
    "a byte-order mark": b"\xef\xbb\xbf" + ONE,
    "gzip": gzip.compress(ONE),
    "gzip in parts": gzip.compress(ONE[:40]) + gzip.compress(ONE[40:]),
    "zstd": zstandard.compress(ONE),
    "CSV": CSV,
    "CSV of a spreadsheet": b"\xef\xbb\xbf" + CSV.replace(b"\n", b"\r\n").replace(b",", b";"),
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_call_is_read_however_its_file_looks(look: str) -> None:
    assert ended(import_bytes(LOOKS[look])) == ("done", 1, 1, 0)
    assert read("SELECT call_ref, model FROM calls") == [("1", "gpt-4o")]


def test_a_row_in_latin_1_is_rejected_alone() -> None:
    latin = json.dumps(call(feature="café"), ensure_ascii=False).encode("latin-1")

    job = import_bytes(ONE + latin + b"\n")

    assert ended(job) == ("partial", 2, 1, 1)
    assert [(each["line"], each["reason"]) for each in rejects(job.pk)] == [
        (2, "text is not UTF-8")
    ]


def test_a_row_nested_ten_thousand_deep_is_rejected_alone() -> None:
    deep = b'{"id":"2","deep":' + b"[" * 10_000 + b"]" * 10_000 + b"}\n"

    job = import_bytes(ONE + deep + json_lines([call(id="3")]))

    assert ended(job) == ("partial", 3, 2, 1)
    assert [each["reason"] for each in rejects(job.pk)] == ["JSON is nested too deeply"]


@pytest.mark.parametrize("bomb", ["one line of 100 MB", "a gzip bomb"])
def test_memory_stays_bounded(bomb: str, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    if bomb == "a gzip bomb":
        path.write_bytes(gzip.compress(ONE) + gzip.compress(b" " * (64 * MIB), 9) * 6)
    else:
        path.write_bytes(
            ONE + b'{"id":"' + b"x" * (100 * MIB) + b'"}\n' + json_lines([call(id="2")])
        )
    tracemalloc.start()
    job = run_import(queued(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 24 * MIB
    if bomb == "a gzip bomb":
        assert (job.status, job.accepted) == ("failed", 0)
        assert "expands more than" in job.error
    else:
        assert ended(job) == ("partial", 3, 2, 1)


# --- rows that are turned down --------------------------------------------------------------

BAD_ROWS: dict[str, tuple[dict[str, object], str]] = {
    "time: missing": (call(time=None), "time is missing"),
    "time: no zone": (call(time="2026-11-01T10:00:00"), "time has no time zone"),
    "time: a day and more ahead": (
        call(time="2099-01-01T00:00:00Z"),
        "time is more than a day ahead",
    ),
    "time: long ago": (call(time="2014-12-31T23:59:59Z"), "time is before 2015"),
    "time: no date": (call(time="2026-02-30T00:00:00Z"), "time is no date that exists"),
    "provider: missing": (call(provider=None), "provider is missing"),
    "model: missing": (call(model=None), "model is missing"),
    "model: blank": (call(model="  "), "model is missing"),
    "input_tokens: negative": (call(input_tokens=-1), "input_tokens is negative"),
    "input_tokens: fraction": (call(input_tokens=1.5), "input_tokens is not a whole number"),
    "output_tokens: negative": (call(output_tokens=-1), "output_tokens is negative"),
    "requests: none": (call(requests=0), "requests is less than 1"),
    "attempt: none": (call(attempt=0), "attempt is less than 1"),
    "cost: negative": (call(cost="-0.01"), "cost is negative"),
    "cost: not a number": (call(cost=float("nan")), "cost is not a finite number"),
    "cost: infinite": (call(cost="Infinity"), "cost is not a finite number"),
    "status: unknown": (call(status="fine"), "status is none of ok, error"),
    "currency: no code": (call(currency="dollars"), "currency is not a currency code"),
    "latency_ms: negative": (call(latency_ms=-1), "latency_ms is negative"),
    "id: too long": (call(id="x" * 501), "id is longer than 500 characters"),
    "feature: NUL": (call(feature="a\x00b"), "feature contains NUL"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_kept_with_its_reason(name: str) -> None:
    row, reason = BAD_ROWS[name]

    job = import_bytes(json_lines([call(id="good"), row]))

    assert ended(job) == ("partial", 2, 1, 1)
    (kept,) = rejects(job.pk)
    assert (kept["line"], kept["field"]) == (2, name.partition(":")[0])
    assert str(kept["reason"]).startswith(reason)


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("cache_read_tokens", "input_tokens"),
        ("cache_write_tokens", "input_tokens"),
        ("cache_write_1h_tokens", "input_tokens"),
        ("input_audio_tokens", "input_tokens"),
        ("reasoning_tokens", "output_tokens"),
        ("output_audio_tokens", "output_tokens"),
    ],
)
def test_a_part_larger_than_its_whole_is_rejected(part: str, whole: str) -> None:
    job = import_bytes(json_lines([call(), call(**{whole: 10, part: 11})]))

    assert ended(job) == ("partial", 2, 1, 1)


@pytest.mark.parametrize("line", [b"[1]", b"7", b'"text"', b"null", b"{", b"{}x"])
def test_a_line_that_is_no_object_is_rejected(line: bytes) -> None:
    assert ended(import_bytes(ONE + line + b"\n")) == ("partial", 2, 1, 1)


def test_prompts_are_kept_neither_in_tags_nor_in_rejects() -> None:
    secret = {"prompt": "SECRET", "messages": [{"content": "SECRET"}], "tags": {"answer": "SECRET"}}

    import_bytes(json_lines([call(**secret), call(**secret, input_tokens=-1)]))

    for table in ("calls", "ingest_rejectedrow", "ingest_import"):
        assert read(f"SELECT FROM {table} AS row WHERE row::text LIKE '%%SECRET%%'") == []
    assert read("SELECT count(*) FROM ingest_rejectedrow") == [(1,)]


# --- money ----------------------------------------------------------------------------------


def test_unpriced_calls_are_counted_by_their_reason() -> None:
    job = import_bytes(
        json_lines(
            [
                call(),
                call(model="nobody-knows-it"),
                call(input_tokens=None, output_tokens=None),
                call(input_tokens=0, output_tokens=0),
                call(status="cached"),
            ]
        )
    )

    assert (job.unpriced, job.cost) == (2, PRICE)
    assert read("SELECT unpriced_reason FROM calls ORDER BY line") == [
        (None,),
        ("unknown_model",),
        ("no_usage",),
        (None,),
        (None,),
    ]


def test_a_source_may_count_what_it_reports() -> None:
    Source.objects.create(name="gateway", counts=Source.REPORTED)

    job = import_rows(
        call(cost="1.000000000000000001"),
        call(),
        call(model="nobody-knows-it", cost="2"),
        source="gateway",
    )

    assert (job.cost, job.unpriced) == (Decimal("3.000000000000000001") + PRICE, 0)
    assert read("SELECT cost_source FROM calls ORDER BY line") == [
        ("reported",),
        ("computed",),
        ("reported",),
    ]
    answer = costs(Scope()).as_json()
    assert answer["total"]["cost_by_basis"] == {
        "computed": "0.0075",
        "reported": "3.000000000000000001",
    }


def test_what_is_reported_in_another_currency_is_kept_and_not_counted() -> None:
    Source.objects.create(name="gateway", counts=Source.REPORTED)

    job = import_rows(
        call(cost="5", currency="EUR"),
        call(cost="2", model="nobody-knows-it", currency="EUR"),
        source="gateway",
    )

    assert (job.cost, job.unpriced) == (PRICE, 1)
    assert read("SELECT reported_cost, currency, cost_source FROM calls ORDER BY line") == [
        (Decimal(5), "EUR", "computed"),
        (Decimal(2), "EUR", None),
    ]
    (row,) = costs(Scope(basis="reported")).as_json()["rows"]
    assert (row["cost"], row["calls"]) == (None, 2)
    assert_parity()


def test_the_costs_of_an_import_sum_exactly() -> None:
    rows = [call(input_tokens=n, output_tokens=3 * n) for n in range(1, 50)]

    job = import_rows(*rows)

    assert job.cost == read("SELECT sum(cost) FROM calls")[0][0] == costs(Scope()).total.cost
    assert job.cost == sum(n * (Decimal("2.5") + 30) for n in range(1, 50)) / 1_000_000


# --- texts that would break a careless COPY ---------------------------------------------------

HOSTILE = [
    "None",
    "NoneNone",
    "none",
    "\\N",
    "\\.",
    "\\",
    "\\\\",
    "\\x4eone",
    "a\tb",
    "a\\tb",
    "a\nb",
    "a\r\nb",
    "line\\",
    "'\"`",
    '{"a": "b"}',
    "{NULL}",
    "%s %(import_id)s {rows}",
    "NaN",
    "🙂 👩‍👩‍👧",
    "\u202eright to left\u202c שלום",
    "a\u2028b\u0085c\x0bd\x1fe\x7f",
    "\ufeffmark",
    "\ufffe\U0010ffff",
    "x" * 500,
    "🙂" * 500,
]
TEXTS = (
    "id",
    "response_id",
    "feature",
    "team",
    "customer",
    "user",
    "workflow",
    "run",
    "step",
    "parent",
    "region",
)
COLUMNS = (
    "call_ref, response_id, feature, team, customer, end_user, workflow, run, step, parent, region"
)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_texts_come_through_byte_for_byte(text: str) -> None:
    tags = {"tag": text, f"tag {text}"[:400]: "value"}
    row = call(
        **dict.fromkeys(TEXTS, text),
        tags=tags,
        error=text,
        model=f"m{text}"[:500],
        environment=text,
    )

    job = import_rows(row, call(id="after"))

    assert ended(job) == ("done", 2, 2, 0)
    (stored,) = read(f"SELECT {COLUMNS} FROM calls WHERE line = 1")
    assert stored == (text,) * len(TEXTS)
    ((model, environment, error, kept),) = read(
        "SELECT model, environment, error, tags::text FROM calls WHERE line = 1"
    )
    assert (model, environment, error, json.loads(kept)) == (f"m{text}"[:500], text, text, tags)
    assert costs(Scope(by=("customer",), filters={"customer": [text]})).total.calls == 1


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\x00"),
            min_size=1,
            max_size=30,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_text_comes_through(texts: list[str]) -> None:
    empty_ledger()
    kept = [text.strip() for text in texts]
    assume(all(kept) and "unallocated" not in kept)

    import_rows(*(call(customer=text, feature=text, tags={"tag": text}) for text in texts))

    stored = read("SELECT customer, feature, tags->>'tag' FROM calls ORDER BY line")
    assert stored == [(text, text, told) for text, told in zip(kept, texts, strict=True)]


@pytest.mark.parametrize("number", [0, 0.5, 1e-300, 1e300, 123456789.123])
def test_latencies_come_through(number: float) -> None:
    import_rows(call(latency_ms=number))

    assert read("SELECT latency_ms FROM calls") == [(number,)]


def test_a_latency_beyond_all_numbers_is_rejected() -> None:
    line = json.dumps(call(latency_ms=1)).replace('"latency_ms": 1', '"latency_ms": 1e400')

    assert ended(import_bytes(ONE + line.encode() + b"\n")) == ("partial", 2, 1, 1)
    assert read("SELECT count(*) FROM calls") == [(1,)]


# --- a job has one worker -------------------------------------------------------------------


def test_a_worker_that_was_taken_over_ends_and_nothing_is_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 10)
    path = tmp_path / "calls.jsonl"
    path.write_bytes(json_lines([call(), *(call(id=str(n)) for n in range(34)), call()]))
    first = queued(path)
    second = Import.objects.get(pk=first.pk)
    taken: list[Import] = []

    def take_over(job: Import, _: object) -> None:
        while not taken:  # a batch on its way may say once more that its worker lives
            Import.objects.update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))
            with suppress(LeaseLost):
                taken.append(run_import(second))

    with pytest.raises(LeaseLost):
        run_import(first, progress=take_over)
    refresh()

    assert ended(taken[0]) == ("done", 36, 36, 0)
    assert total().calls == 36
    assert_parity()


def test_an_import_goes_on_where_its_worker_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 10)
    path = tmp_path / "calls.jsonl"
    rows = [call(feature=f"f{n % 4}") if n % 7 else BAD for n in range(50)]
    path.write_bytes(json_lines(rows))
    job = queued(path)

    class Killed(BaseException):
        pass

    def die(job: Import, _: object) -> None:
        if Import.objects.filter(resume_point__gte=20).exists():
            raise Killed

    with pytest.raises(Killed):
        run_import(job, progress=die)
    staged = Import.objects.get().resume_point
    Import.objects.update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))
    batches: list[Import] = []
    run_import(job, progress=lambda job, _: batches.append(job))
    refresh()

    assert 20 <= staged <= 40
    assert len(batches) == (50 - staged) // 10 + 1
    assert ended(job) == ("partial", 50, 42, 8)
    assert len(list(rejects(job.pk))) == 8
    assert total().calls == 42
    assert_parity()


def test_an_import_starts_over_when_its_stage_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 10)
    path = tmp_path / "calls.jsonl"
    path.write_bytes(json_lines([BAD, *(call() for _ in range(24))]))
    job = queued(path)

    def lose(job: Import, _: object) -> None:
        if job.attempts == 1 and Import.objects.filter(resume_point__gt=0).exists():
            with connection.cursor() as cursor:
                cursor.execute(f"TRUNCATE staging.import_{job.pk}_{job.options['stage']}")
            raise OperationalError("the server went away")

    with pytest.raises(OperationalError):
        run_import(job, progress=lose)
    Import.objects.update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))
    run_import(job, progress=lose)

    assert ended(job) == ("partial", 25, 24, 1)
    assert len(list(rejects(job.pk))) == 1


def test_standard_input_is_not_taken_up_by_another_worker() -> None:
    job = queued("-")
    job.take(datetime(2026, 1, 1, tzinfo=UTC))

    assert run_import(job).status == "failed"
    assert_nothing_is_left_of(job)
