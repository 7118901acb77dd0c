"""Readers turn any bytes into rows, in order, in bounded memory, losing and inventing none."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ingest import readers
from ingest.readers import RejectedRow, Source, open_source
from ingest.source_format import ImportFailed, Row

MIB = 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"


def read(data: bytes, after: int = 0) -> list[Row | RejectedRow]:
    return list(Source("sample", io.BytesIO(data)).rows(after))


def shape(data: bytes) -> list[tuple[int, str]]:
    """Give line and reason ("" = a good row) of everything in a file."""
    return [(r.line, r.reason if isinstance(r, RejectedRow) else "") for r in read(data)]


class TestBytes:
    @pytest.mark.parametrize("data", [b"", b"\n", b"\r\n \n\t\n", b"\xef\xbb\xbf"])
    def test_nothing_in_it_means_no_rows(self, data: bytes) -> None:
        assert read(data) == []

    @pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
    def test_compression_is_known_by_content(
        self, pack: Callable[[bytes], bytes], tmp_path: Path
    ) -> None:
        path = tmp_path / "misleading.txt"
        path.write_bytes(pack(b'\xef\xbb\xbf{"a":1}\n{"a":2}'))

        with open_source(path) as source:
            assert [row.raw for row in source.rows()] == [b'{"a":1}', b'{"a":2}']
            assert source.bytes_read == source.size

    @pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
    def test_members_are_read_one_after_the_other(self, pack: Callable[[bytes], bytes]) -> None:
        assert len(read(pack(b'{"a":1}\n') + pack(b'{"a":2}\n'))) == 2

    @pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
    @pytest.mark.parametrize("missing", [1, 5, 200])
    def test_cut_compression_fails(self, pack: Callable[[bytes], bytes], missing: int) -> None:
        data = pack(b"".join(b'{"a":%d}\n' % n for n in range(5000)))

        with pytest.raises(ImportFailed, match="cut off"):
            read(data[:-missing])

    @pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
    def test_corrupt_compression_fails(self, pack: Callable[[bytes], bytes]) -> None:
        data = bytearray(pack(b"".join(b'{"a":%d}\n' % (n * n) for n in range(5000))))
        data[len(data) // 2 :] = b"\xff" * (len(data) - len(data) // 2)

        with pytest.raises(ImportFailed, match="corrupt"):
            read(bytes(data))

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"\x00\x01\x02\x03", "NUL"),
            ("{}".encode("utf-16"), "UTF-16"),
            ('{"a":1}'.encode("utf-16-le"), "NUL"),
            (b"PK\x03\x04rest", "zip"),
            (bytes(range(128, 256)) * 4, "UTF-8"),
        ],
    )
    def test_binary_fails_with_its_reason(self, data: bytes, reason: str) -> None:
        with pytest.raises(ImportFailed, match=reason):
            read(data)

    def test_bomb_is_refused_in_bounded_memory(self) -> None:
        bomb = zstandard.compress(b"\n" * (300 * MIB))
        tracemalloc.start()
        try:
            with pytest.raises(ImportFailed, match="1000 times"):
                read(bomb)
            assert tracemalloc.get_traced_memory()[1] < 100 * MIB
        finally:
            tracemalloc.stop()

    def test_missing_file_is_an_os_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            open_source(tmp_path / "nowhere")

    def test_standard_input_stays_open(self) -> None:
        stdin = io.BytesIO(b'{"a":1}\n')

        with open_source("-", stdin) as source:
            assert len(list(source.rows())) == 1


class TestJsonLines:
    def test_line_ends_and_blank_lines(self) -> None:
        assert shape(b'{"a":1}\r\n\r\n \n{"a":2}') == [(1, ""), (4, "")]

    def test_latin_1_rejects_its_row_alone(self) -> None:
        rows = shape('{"a":1}\n{"a":"ä"}\n{"a":3}\n'.encode("latin-1"))

        assert rows == [(1, ""), (2, readers.NOT_UTF8), (3, "")]

    def test_a_line_that_is_a_list_is_still_one_row(self) -> None:
        assert shape(b'[1,2]\n{"a":1}\n') == [(1, ""), (2, "")]

    def test_a_broken_first_line_is_a_row_like_others(self) -> None:
        source = Source("sample", io.BytesIO(b'{"a":\n{"b":1}\n'))

        assert source.head.layout == "json_lines"
        assert source.head.first == {"b": 1}
        assert len(list(source.rows())) == 2

    @pytest.mark.parametrize("size", [readers.LINE_LIMIT + 20, 9 * MIB])
    @pytest.mark.parametrize("end", [b"", b"\n", b'\n{"a":3}'])
    def test_overlong_line_is_rejected_and_passed_over(self, size: int, end: bytes) -> None:
        rows = read(b'{"a":1}\n{"id":"x","prompt":"' + b"s" * size + b'"}' + end)

        assert rows[1] == RejectedRow(2, '{"id":"x",…', readers.TOO_LONG)
        assert [row.line for row in rows] == [1, 2, 3][: 2 + (len(end) > 1)]

    def test_hundred_megabytes_without_a_line_end(self) -> None:
        tracemalloc.start()
        try:
            source = Source("endless", cast(BinaryIO, _Endless(100 * MIB)))
            rows = list(source.rows())
            assert tracemalloc.get_traced_memory()[1] < 30 * MIB
        finally:
            tracemalloc.stop()
        assert [type(row) for row in rows] == [Row, RejectedRow, Row]

    @pytest.mark.parametrize("after", range(6))
    def test_resumes_after_a_line(self, after: int) -> None:
        data = b'{"a":1}\n\n{"a":3}\n{"a":4}\n{"a":5}\n'

        assert read(data, after) == [row for row in read(data) if row.line > after]

    @given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\0", b"")), max_size=30))
    def test_no_line_is_lost_or_invented(self, lines: list[bytes]) -> None:
        data = b'{"a":1}\n' * 60 + b"\n".join(lines)
        expected = [
            number
            for number, line in enumerate(data.split(b"\n"), 1)
            if line and not line.isspace()
        ]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(readers, "BLOCK", 7)
            patch.setattr(readers, "LINE_LIMIT", 30)
            patch.setattr(readers, "HEAD_LIMIT", 5)
            patch.setattr(readers, "_UNDECODABLE_SHARE", 1.0)
            rows = read(data)

        assert [row.line for row in rows] == expected


class TestDocuments:
    @pytest.mark.parametrize(
        ("data", "count"),
        [
            (b'{\n "a": 1\n}\n', 1),
            (b'[\n{"a":1},\n{"a":2}\n]', 2),
            (b'[{"a":1},\n {"a":2}]', 2),
            (b"[\n]\n", 0),
        ],
    )
    def test_elements_are_rows(self, data: bytes, count: int) -> None:
        source = Source("sample", io.BytesIO(data))

        assert source.head.layout == "json_document"
        assert [row.line for row in source.rows()] == list(range(1, count + 1))

    def test_broken_document_fails(self) -> None:
        with pytest.raises(ImportFailed, match="not valid JSON"):
            read(b'{\n "a": 1,\n')

    def test_too_large_document_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(readers, "DOCUMENT_LIMIT", 10)

        with pytest.raises(ImportFailed, match="may not exceed"):
            read(b'[\n{"a":1},\n{"a":2}\n]')


class TestCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_delimiter_is_found(self, delimiter: str) -> None:
        text = 'time,model\n1,"a,b;c\td"\n'.replace(",", delimiter, 1)
        text = text.replace("1,", f"1{delimiter}")

        (row,) = read(text.encode())

        assert isinstance(row, Row)
        assert row.fields == {"time": "1", "model": "a,b;c\td"}

    def test_quoted_line_ends_belong_to_the_record(self) -> None:
        rows = read(b'a,b\r\n"x\r\ny",1\r\n2,3\r\n')

        assert [(row.line, row.fields) for row in rows if isinstance(row, Row)] == [
            (2, {"a": "x\r\ny", "b": "1"}),
            (4, {"a": "2", "b": "3"}),
        ]

    def test_an_open_quote_costs_one_row(self) -> None:
        assert shape(b'a,b\n1,2\n"open,3\n4,5\n6,7\n') == [
            (2, ""),
            (3, readers.OPEN_QUOTE),
            (4, ""),
            (5, ""),
        ]

    def test_an_open_quote_takes_no_more_than_a_line_may(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(readers, "LINE_LIMIT", 20)

        assert [line for line, _ in shape(b'a,b\n"open,3\n' + b"4,5\n" * 20)] == [*range(2, 23)]

    @pytest.mark.parametrize("row", [b"1", b"1,2,3"])
    def test_too_few_or_many_fields(self, row: bytes) -> None:
        ((line, reason),) = shape(b"a,b\n" + row + b"\n")

        assert line == 2
        assert "the header has 2" in reason

    def test_what_stands_before_content_is_kept_of_a_faulty_row(self) -> None:
        (row,) = read(b"id,prompt,model\nx,secret words,a,b\n")

        assert row.raw == "x…"

    @pytest.mark.parametrize(
        ("data", "reason"), [(b"1,2\n3,4\n", "no header"), (b"a,b,a\n1,2,3\n", "twice: a")]
    )
    def test_header_is_required(self, data: bytes, reason: str) -> None:
        with pytest.raises(ImportFailed, match=reason):
            read(data)

    def test_latin_1_rejects_its_row_alone(self) -> None:
        rows = shape("a,b\n1,2\nä,2\n3,4\n".encode("latin-1"))

        assert rows == [(2, ""), (3, readers.NOT_UTF8), (4, "")]

    def test_resumes_after_a_line(self) -> None:
        assert [row.line for row in read(b'a,b\n"x\ny",1\n2,3\n4,5\n', 2)] == [4, 5]

    @given(st.lists(st.text(st.sampled_from('ab",;\n\r '), max_size=12), max_size=20))
    def test_line_numbers_rise_whatever_the_text(self, parts: list[str]) -> None:
        lines = [row.line for row in read(("a,b\n" + "\n".join(parts)).encode())]

        assert lines == sorted(set(lines))


class _Endless(io.RawIOBase):
    """A short row, one endless line, and a short row again."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._start = b'{"a":1}\n{"prompt":"'
        self._end = b'"}\n{"a":3}\n'

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._start:
            data, self._start = self._start, b""
        elif self._left > 0:
            data = b"x" * min(size, self._left)
            self._left -= len(data)
        else:
            data, self._end = self._end, b""
        return data
