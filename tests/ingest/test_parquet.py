"""Parquet files: the same rows as text, to the last digit, within bounds."""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import parquet_bounds
from ingest.formats.focus import Focus
from ingest.parquet_pages import pages
from ingest.readers import RejectedRow, Source, open_source
from ingest.source_format import ImportFailed, ReadOptions, Row

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def written(path: Path, columns: Mapping[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(dict(columns)), path, **options)
    return path


def rows(path: Path, after: int = 0) -> list[Row | RejectedRow]:
    with open_source(path) as source:
        return list(source.rows(after))


def fields(path: Path) -> list[dict[str, str]]:
    return [dict(row.fields or {}) for row in rows(path) if isinstance(row, Row)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bill.parquet"


class TestCells:
    def test_every_kind_reads_as_a_csv_file_would_say_it(self, file: Path) -> None:
        pacific = pa.timestamp("ms", "America/Los_Angeles")
        tags = pa.map_(pa.string(), pa.string())
        shape = pa.struct({"a": pa.list_(pa.int64())})
        written(
            file,
            {
                "text": pa.array(['a,"b"\n', None]),
                "bytes": pa.array([b"caf\xc3\xa9", None], pa.binary()),
                "category": pa.array(["x", None]).dictionary_encode(),
                "double": pa.array([1.81e-8, None]),
                "float": pa.array([0.1, None], pa.float32()),
                "decimal": pa.array([Decimal("-12.50"), None], pa.decimal128(38, 14)),
                "whole": pa.array([2**63 - 1, None]),
                "flag": pa.array([True, None]),
                "instant": pa.array([datetime(2026, 5, 1, 7, tzinfo=UTC), None], pacific),
                "naive": pa.array([1777618800 * 10**9, None], pa.timestamp("ns")),
                "day": pa.array([date(2026, 5, 1), None]),
                "map": pa.array([[("team", "search"), ("shared", None)], None], tags),
                "struct": pa.array([{"a": [1, 2]}, None], shape),
                "nothing": pa.nulls(2),
            },
        )

        full, empty = fields(file)

        assert full == {
            "text": 'a,"b"\n',
            "bytes": "café",
            "category": "x",
            "double": "1.81e-8",
            "float": "0.1",
            "decimal": "-12.50000000000000",
            "whole": "9223372036854775807",
            "flag": "true",
            "instant": "2026-05-01T07:00:00.000Z",
            "naive": "2026-05-01T07:00:00.000000000",
            "day": "2026-05-01",
            "map": '{"team":"search","shared":null}',
            "struct": '{"a":[1,2]}',
            "nothing": "",
        }
        assert set(empty.values()) == {""}

    @given(numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
    @settings(
        max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    def test_doubles_come_by_their_shortest_spelling(
        self, file: Path, numbers: list[float]
    ) -> None:
        written(file, {"cost": pa.array(numbers)})

        read = [Decimal(row["cost"]) for row in fields(file)]

        assert read == [Decimal(repr(number)) for number in numbers]

    def test_what_is_no_utf_8_rejects_its_rows_alone(self, file: Path) -> None:
        texts = [b"fine", b"caf\xe9", b"fine", b"caf\xe9", None]
        for column in (
            pa.array(texts, pa.binary()),
            pa.array(texts, pa.binary()).view(pa.string()),
        ):
            written(file, {"name": column})

            found = rows(file)

            assert [row.line for row in found if isinstance(row, RejectedRow)] == [2, 4]
            assert [row["name"] for row in fields(file)] == ["fine", "fine", ""]

    def test_a_cell_of_over_four_megabytes_rejects_its_row_alone(self, file: Path) -> None:
        written(file, {"id": [1, 2, 3], "name": ["a", "x" * 4_300_000, "b"]})

        one, two, three = rows(file)

        assert isinstance(two, RejectedRow)
        assert (two.reason, two.line) == ("line is longer than 4 MB", 2)
        assert len(two.raw) < 2100
        assert isinstance(one, Row)
        assert isinstance(three, Row)


class TestFile:
    def test_rows_are_numbered_and_resumed_over_row_groups(self, file: Path) -> None:
        written(file, {"n": list(range(1, 101))}, row_group_size=7)

        assert [row.line for row in rows(file)] == list(range(1, 101))
        assert [row.line for row in rows(file, after=20)] == list(range(21, 101))
        assert rows(file, after=100) == []

    def test_progress_reaches_the_size(self, file: Path) -> None:
        written(file, {"n": list(range(100))}, row_group_size=50)

        with open_source(file) as source:
            before = source.bytes_read
            list(source.rows())
            assert (before, source.bytes_read) == (0, file.stat().st_size)

    def test_a_file_without_rows_has_columns(self, file: Path) -> None:
        written(file, {"BilledCost": pa.array([], pa.float64())})

        with open_source(file) as source:
            assert (source.head.layout, source.head.first) == ("parquet", {"BilledCost": ""})
            assert list(source.rows()) == []

    def test_known_by_its_first_bytes_whatever_its_name(self, tmp_path: Path) -> None:
        assert fields(written(tmp_path / "bill.csv", {"a": ["b"]})) == [{"a": "b"}]

    @pytest.mark.parametrize("compression", ["snappy", "gzip", "zstd", "none"])
    def test_any_compression(self, file: Path, compression: str) -> None:
        written(file, {"a": ["b"] * 10}, compression=compression)

        assert len(rows(file)) == 10

    def test_a_focus_bill_in_parquet_is_the_bill_in_csv(self, file: Path, tmp_path: Path) -> None:
        cells: dict[str, Sequence[Any]] = {
            "BilledCost": [10.1, -0.3],
            "EffectiveCost": pa.array([Decimal("10.10"), None], pa.decimal128(20, 2)),
            "BillingAccountId": ["4210", "4210"],
            "BillingCurrency": ["USD", "EUR"],
            "BillingPeriodStart": [datetime(2026, 5, 1, tzinfo=UTC)] * 2,
            "ChargePeriodStart": [datetime(2026, 5, 3, tzinfo=UTC)] * 2,
            "ChargePeriodEnd": [datetime(2026, 5, 4, tzinfo=UTC)] * 2,
            "Tags": pa.array([[("team", "search")], None], pa.map_(pa.string(), pa.string())),
        }
        text = tmp_path / "bill.csv"
        text.write_text(
            f"{','.join(cells)}\n"
            '10.1,10.10,4210,USD,2026-05-01,2026-05-03,2026-05-04,"{""team"":""search""}"\n'
            "-0.3,,4210,EUR,2026-05-01,2026-05-03,2026-05-04,\n"
        )

        assert charges(written(file, cells)) == charges(text)


def charges(path: Path) -> list[Any]:
    with open_source(path) as source:
        assert Focus().identify(source.head)
        decode = Focus().decoder(ReadOptions(now=NOW))
        return [decode(row) for row in source.rows() if isinstance(row, Row)]


class TestHostile:
    @pytest.mark.parametrize("share", [0.01, 0.3, 0.99])
    def test_a_cut_file_says_so(self, file: Path, share: float) -> None:
        data = written(file, {"n": list(range(5000))}).read_bytes()
        file.write_bytes(data[: int(len(data) * share)])

        with pytest.raises(ImportFailed, match="cut off before its end"):
            rows(file)

    def test_a_corrupt_page_fails_the_file(self, file: Path) -> None:
        data = bytearray(
            written(file, {"n": [os.urandom(20).hex() for _ in range(2000)]}).read_bytes()
        )
        data[200:4000] = bytes(3800)
        file.write_bytes(data)

        with pytest.raises(ImportFailed, match="the Parquet file cannot be read"):
            rows(file)

    @pytest.mark.parametrize("footer", [b"\xff\xff\xff\x7f", b"\x05\x00\x00\x00"])
    def test_a_footer_that_lies_about_its_length(self, file: Path, footer: bytes) -> None:
        file.write_bytes(b"PAR1" + bytes(40) + footer + b"PAR1")

        with pytest.raises(ImportFailed, match="Parquet file"):
            rows(file)

    def test_an_encrypted_file_says_so(self, file: Path) -> None:
        file.write_bytes(b"PAR1" + bytes(40) + struct.pack("<I", 8) + b"PARE")

        with pytest.raises(ImportFailed, match="encrypted"):
            rows(file)

    def test_a_bomb_of_repeated_values_is_refused(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parquet_bounds, "ROWS_GRACE", 10_000)
        written(file, {"a": pa.array(["same"] * 500_000)})

        with pytest.raises(ImportFailed, match="more rows than its size can hold"):
            rows(file)

    def test_a_bomb_of_packed_values_is_refused(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parquet_bounds, "EXPANSION_GRACE", 100_000)
        values = pa.array([f"{number:04}" * 5000 for number in range(1000)])
        written(file, {"a": values}, compression="zstd", use_dictionary=False)

        with pytest.raises(ImportFailed, match="expands more than 1000 times"):
            rows(file)

    def test_a_piece_too_large_for_memory_is_refused(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parquet_bounds, "CHUNK_LIMIT", parquet_bounds.MIB)
        written(file, {"a": ["x" * 2_000_000 + str(number) for number in range(2)]})

        with pytest.raises(ImportFailed, match="has a piece of over 1 MB"):
            rows(file)

    def test_a_page_too_large_for_memory_is_refused(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parquet_bounds, "PAGE_LIMIT", parquet_bounds.MIB)
        written(file, {"a": ["x" * 2_000_000]})

        with pytest.raises(ImportFailed, match="has a page of over 1 MB"):
            rows(file)

    def test_pages_are_weighed_by_what_they_say_not_by_the_footer(self, file: Path) -> None:
        """A forged page of 2 GB in a file whose footer tells of a few bytes."""
        written(file, {"a": list(range(100))}, compression="none", use_dictionary=False)
        data = bytearray(file.read_bytes())
        with pq.ParquetFile(file) as honest:
            at = honest.metadata.row_group(0).column(0).data_page_offset
        data[at : at + 11] = b"\x15\x00\x15\xfe\xff\xff\xff\x0f\x15\x10\x00"
        file.write_bytes(data)

        with pytest.raises(ImportFailed, match="has a page of over 128 MB"):
            rows(file)

    def test_the_pages_of_a_file_are_all_of_it(self, file: Path) -> None:
        names = [os.urandom(200).hex() for _ in range(5000)]
        columns = {"a": names, "b": list(range(5000)), "c": [None, "x"] * 2500}
        written(file, columns, row_group_size=2000, data_page_size=4000, compression="zstd")

        with pq.ParquetFile(file) as honest, file.open("rb") as stream:
            for number in range(honest.metadata.num_row_groups):
                group = honest.metadata.row_group(number)
                for chunk in map(group.column, range(group.num_columns)):
                    start = chunk.dictionary_page_offset or chunk.data_page_offset
                    found = list(pages(stream, start, start + chunk.total_compressed_size))
                    assert sum(each.header + each.unpacked for each in found) == (
                        chunk.total_uncompressed_size
                    )

    @pytest.mark.parametrize(
        "header",
        [b"", b"\x15", b"\x15" + b"\x80" * 100_000, b"\x1c" * 100_000, b"\x00", b"\x1d\x00"],
    )
    def test_a_header_of_no_page(self, header: bytes) -> None:
        with pytest.raises(ValueError, match="corrupt"):
            list(pages(BytesIO(header), 0, 10))

    def test_a_long_value_in_every_row_is_held_once(self, file: Path) -> None:
        """50,000 rows of 1 MB would be 50 GB; batches of few rows hold one text each."""
        at = pa.array([0] * 50_000, pa.int32())
        written(file, {"a": pa.DictionaryArray.from_arrays(at, pa.array(["x" * 1_000_000]))})

        with open_source(file) as source:
            held = {id(row.fields["a"]) for row in list(source.rows()) if isinstance(row, Row)}  # type: ignore[index] # Parquet rows have fields

        assert len(held) < 20

    def test_nesting_is_bounded(self, file: Path) -> None:
        kind: pa.DataType = pa.int64()
        value: Any = 1
        for _ in range(12):
            kind, value = pa.list_(kind), [value]
        written(file, {"a": pa.array([value], kind)})

        with pytest.raises(ImportFailed, match="nested too deeply"):
            rows(file)

    def test_columns_are_bounded_and_named_once(self, file: Path) -> None:
        with pytest.raises(ImportFailed, match="more than 2000 columns"):
            rows(written(file, {f"c{number}": [1] for number in range(2001)}))
        with pytest.raises(ImportFailed, match="names a column twice: a"):
            rows(written(file, {"a": [1], " a": [2]}))

    def test_packed_again_or_piped_it_is_refused(self, file: Path) -> None:
        data = written(file, {"a": [1]}).read_bytes()

        for content in (data, gzip.compress(data)):
            with pytest.raises(ImportFailed, match="Parquet file, which is read from disk only"):
                Source("-", BytesIO(content))
