"""From bytes to rows: any file or stream, compressed or not, in bounded memory.

``open_source`` looks at the first 64 KiB (decompressed) to tell what the file is, then ``rows``
streams it. A row that cannot even be delimited or decoded is yielded in its place as a
``RejectedRow``, so that line numbers and counts stay true; only a file that cannot be read as a
whole raises ``ImportFailed``.
"""

from __future__ import annotations

import csv
import hashlib
import os
import sys
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from gzip import BadGzipFile, GzipFile
from io import RawIOBase
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, NamedTuple, Self, cast

import msgspec
import zstandard

from ingest.content import RAW_LIMIT, excerpt, is_storable_key
from ingest.fields import json_object
from ingest.source_format import Head, ImportFailed, Layout, Row, RowRejected

KIB: Final = 1024
MIB: Final = 1024 * KIB
HEAD_LIMIT: Final = 64 * KIB
BLOCK: Final = MIB
#: A line (or CSV record) longer than this is rejected.
LINE_LIMIT: Final = 4 * MIB
#: A JSON document has to be held in memory, so it may not be larger.
DOCUMENT_LIMIT: Final = 64 * MIB
#: Logs compress 20 to 60 times. Past the first 256 MiB, this ratio is an attack or an accident.
EXPANSION_LIMIT: Final = 1000
EXPANSION_GRACE: Final = 256 * MIB
#: Zstandard windows beyond this would need more memory than an import may have.
ZSTD_WINDOW: Final = 128 * MIB
#: Input is fed in small pieces, since one zstd piece may unfold 40,000 times before it returns.
ZSTD_PIECE: Final = KIB

BOM: Final = b"\xef\xbb\xbf"
GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
PARQUET_MAGIC: Final = b"PAR1"
_OTHER_MAGIC: Final = {
    b"PK\x03\x04": "a zip archive (or a spreadsheet)",
    PARQUET_MAGIC: "a Parquet file, which is read from disk only, and not packed once more",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ\x00": "compressed with xz",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"%PDF-": "a PDF document",
    b"SQLite format 3\x00": "an SQLite database",
}
#: Shares of the head above which it is no text: NUL bytes, and bytes that are no UTF-8.
_NUL_SHARE: Final = 0.02
_UNDECODABLE_SHARE: Final = 0.3

DELIMITERS: Final = (",", ";", "\t", "|")
_HEAD_LINES: Final = 50

# The csv module would refuse a field of 128 KiB; ours may be as long as a line.
csv.field_size_limit(2 * LINE_LIMIT)

TOO_LONG: Final = f"line is longer than {LINE_LIMIT // MIB} MB"
NOT_UTF8: Final = "text is not UTF-8"
OPEN_QUOTE: Final = "quote is never closed"


class RejectedRow(NamedTuple):
    """A row that the reader itself turns down, in its place among the others.

    ``raw`` may be stored as it is: without content fields, at most 2 kB.
    """

    line: int
    raw: str
    reason: str
    field: str = ""


class Line(NamedTuple):
    """A physical line without its line feed; ``fault`` says why it cannot be read."""

    number: int
    raw: bytes
    fault: str = ""


class Source:
    """An opened file or stream. Close it, or use it in ``with``; its rows can be read once."""

    def __init__(
        self, name: str, stream: BinaryIO, size: int | None = None, fingerprint: str = ""
    ) -> None:
        """Look at the start of ``stream``. Raises ImportFailed when it is no text."""
        self.name = name
        self.size = size
        self.fingerprint = fingerprint  # changes when the file does
        self._stream = _Counted(stream)
        self._blocks = _decompressed(self._stream)
        self._start = _start(self._blocks)
        _require_text(self._start[:HEAD_LIMIT])
        self.head = self._make_head()

    @property
    def bytes_read(self) -> int:
        """How far the (compressed) source has been read, for progress against ``size``."""
        return self._stream.count

    def content_hash(self) -> str:
        """Give a hash of all bytes as they lie in the file; empty for standard input."""
        if self.size is None:
            return ""
        with Path(self.name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def rows(self, after: int = 0) -> Iterator[Row | RejectedRow]:
        """Yield all rows in order; those up to line ``after`` are passed over.

        Raises ImportFailed when the file breaks off or is no valid document.
        """
        if self.head.layout == "json_document":
            return _document_rows(self._document, after)
        blocks = chain((self._start,), self._blocks)
        self._start = b""
        if self.head.layout == "csv":
            return _csv_rows(_lines(blocks), after)
        return _json_rows(blocks, after)

    def close(self) -> None:
        """Close the file; standard input is left open."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _make_head(self) -> Head:
        start = self._start
        layout = _layout(start)
        self._document: Sequence[msgspec.Raw] = ()
        if layout == "json_document":
            self._document = _document(chain((start,), self._blocks))
        return Head(self.name, start[:HEAD_LIMIT], layout, _first(start, layout, self._document))


def open_source(path: Path | str, stdin: BinaryIO | None = None) -> Source:
    """Open a file, or standard input for ``-``, whatever its compression.

    Raises OSError when there is no such file, ImportFailed when it is neither text nor Parquet.
    """
    if str(path) == "-":
        return Source("-", stdin or sys.stdin.buffer)
    stream = Path(path).open("rb")  # noqa: SIM115 - the Source closes it
    try:
        facts = os.fstat(stream.fileno())
        fingerprint = f"{facts.st_size} {facts.st_mtime_ns}"
        if stream.peek(len(PARQUET_MAGIC)).startswith(PARQUET_MAGIC):
            return _open_parquet(Path(path), stream, facts.st_size, fingerprint)
        return Source(str(path), stream, facts.st_size, fingerprint)
    except BaseException:
        stream.close()
        raise


def _open_parquet(path: Path, stream: BinaryIO, size: int, fingerprint: str) -> Source:
    from ingest.parquet import ParquetSource  # here: pyarrow takes half a second

    return ParquetSource(path, stream, size, fingerprint)


# --- bytes ----------------------------------------------------------------------------------


class _Counted(RawIOBase):
    """Count what is read, with a few bytes of looking ahead on streams that cannot seek."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._ahead = b""
        self.count = 0

    def readable(self) -> bool:
        return True

    def peek(self, size: int) -> bytes:
        while len(self._ahead) < size and (more := self._stream.read(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int = -1) -> bytes:
        if self._ahead and size >= 0:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            data, self._ahead = self._ahead + (self._stream.read(size) or b""), b""
        self.count += len(data)
        return data

    def close(self) -> None:
        if self._stream is not sys.stdin.buffer:
            self._stream.close()
        super().close()


def _decompressed(stream: _Counted) -> Iterator[bytes]:
    """Yield the text in blocks, whatever wraps it: known by its first bytes, not by its name."""
    magic = stream.peek(len(ZSTD_MAGIC))
    if magic.startswith(GZIP_MAGIC):
        return _bounded(_gunzipped(stream), stream)
    if magic == ZSTD_MAGIC:
        return _bounded(_unzstd(stream), stream)
    return iter(lambda: stream.read(BLOCK), b"")


def _gunzipped(stream: _Counted) -> Iterator[bytes]:
    try:
        with GzipFile(fileobj=cast(BinaryIO, stream)) as text:
            yield from iter(lambda: text.read(BLOCK), b"")
    except EOFError:
        raise ImportFailed("the gzip file is cut off before its end") from None
    except (BadGzipFile, zlib.error) as error:
        raise ImportFailed(f"the gzip file is corrupt: {error}") from None


def _unzstd(stream: _Counted) -> Iterator[bytes]:
    engine = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
    frame = engine.decompressobj()
    try:
        while piece := stream.read(ZSTD_PIECE):
            while piece:
                if frame.eof:
                    frame = engine.decompressobj()
                if text := frame.decompress(piece):
                    yield text
                piece = frame.unused_data if frame.eof else b""
    except zstandard.ZstdError as error:
        raise ImportFailed(f"the zstd file is corrupt: {error}") from None
    if not frame.eof:
        raise ImportFailed("the zstd file is cut off before its end")


def _bounded(blocks: Iterator[bytes], stream: _Counted) -> Iterator[bytes]:
    """Stop an expansion that no log has."""
    size = 0
    for block in blocks:
        size += len(block)
        if size > EXPANSION_GRACE and size > EXPANSION_LIMIT * stream.count:
            raise ImportFailed(f"the file expands more than {EXPANSION_LIMIT} times: not a log")
        # One piece may have unfolded to 40 MiB; what splits it into lines should not see that.
        for start in range(0, len(block), BLOCK):
            yield block[start : start + BLOCK]


def _start(blocks: Iterator[bytes]) -> bytes:
    """Read enough for a head and the whole first line; the byte-order mark is taken off."""
    parts = []
    size = 0
    ended = False
    while size < HEAD_LIMIT or (not ended and size <= LINE_LIMIT):
        block = next(blocks, b"")
        if not block:
            break
        parts.append(block)
        size += len(block)
        ended = ended or b"\n" in block
    return b"".join(parts).removeprefix(BOM)


def _require_text(data: bytes) -> None:
    for magic, what in _OTHER_MAGIC.items():
        if data.startswith(magic):
            raise ImportFailed(f"not a text file but {what}")
    if data.count(0) > _NUL_SHARE * len(data):
        raise ImportFailed("not a text file: it contains NUL bytes")
    if data.decode("utf-8", "replace").count("\ufffd") > _UNDECODABLE_SHARE * len(data):
        raise ImportFailed("not a text file: most of it is not UTF-8")


# --- lines ----------------------------------------------------------------------------------


class _Overlong(NamedTuple):
    """A line that was longer than allowed; only its start was kept."""

    start: bytes


def _line_blocks(blocks: Iterable[bytes]) -> Iterator[bytes | _Overlong]:
    """Cut blocks at line ends: each block yielded is whole lines, without the last line feed.

    Memory stays within one block and one line, however long the lines are.
    """
    pending: list[bytes] = []
    size = 0
    overlong = False
    for block in blocks:
        end = block.rfind(b"\n")
        if end < 0:
            rest = block
        else:
            whole, rest = block[:end], block[end + 1 :]
            first = whole.find(b"\n")
            first = len(whole) if first < 0 else first
            if overlong or size + first > LINE_LIMIT:
                pending.append(whole[: 2 * RAW_LIMIT])
                yield _Overlong(b"".join(pending)[:RAW_LIMIT])
                if first < len(whole):
                    yield whole[first + 1 :]
            else:
                pending.append(whole)
                yield b"".join(pending) if len(pending) > 1 else whole
            pending, size, overlong = [], 0, False
        if overlong:
            continue
        pending.append(rest)
        size += len(rest)
        if size > LINE_LIMIT:
            pending, overlong = [b"".join(pending)[:RAW_LIMIT]], True
    if overlong:
        yield _Overlong(pending[0])
    elif size:
        yield b"".join(pending)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _lines(blocks: Iterable[bytes]) -> Iterator[Line]:
    """Yield physical lines, blank ones too, each with the fault that keeps it from being read."""
    number = 0
    for block in _line_blocks(blocks):
        if isinstance(block, _Overlong):
            number += 1
            yield Line(number, block.start, TOO_LONG)
            continue
        clean = len(block) <= LINE_LIMIT and (block.isascii() or _is_utf8(block))
        for raw in block.split(b"\n"):
            number += 1
            yield Line(number, raw) if clean else Line(number, raw, _fault(raw))


def _fault(raw: bytes) -> str:
    if len(raw) > LINE_LIMIT:
        return TOO_LONG
    return "" if _is_utf8(raw) else NOT_UTF8


def _json_rows(blocks: Iterable[bytes], after: int) -> Iterator[Row | RejectedRow]:
    """Yield each line that is not blank; whole blocks are passed over where ``after`` allows."""
    number = 0
    for block in _line_blocks(blocks):
        if isinstance(block, _Overlong):
            number += 1
            if number > after:
                yield RejectedRow(number, excerpt(block.start), TOO_LONG)
            continue
        if number < after or block.isspace():
            count = block.count(b"\n") + 1
            if number + count <= after or block.isspace():
                number += count
                continue
        raws = block.split(b"\n")
        skipped = max(after - number, 0)
        rows = enumerate(raws[skipped:] if skipped else raws, number + skipped + 1)
        number += len(raws)
        if len(block) <= LINE_LIMIT and (block.isascii() or _is_utf8(block)):
            yield from [Row(line, raw) for line, raw in rows if raw and not raw.isspace()]
        else:
            yield from _checked(rows)


def _checked(rows: Iterable[tuple[int, bytes]]) -> Iterator[Row | RejectedRow]:
    for line, raw in rows:
        if not raw or raw.isspace():
            continue
        fault = _fault(raw)
        yield RejectedRow(line, excerpt(raw[:LINE_LIMIT]), fault) if fault else Row(line, raw)


# --- CSV ------------------------------------------------------------------------------------


class _Pushback:
    """Lines that can be given back, for records that turn out not to end."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._returned: deque[Line] = deque()

    def next(self) -> Line | None:
        return self._returned.popleft() if self._returned else next(self._lines, None)

    def give_back(self, lines: Sequence[Line]) -> None:
        self._returned.extendleft(reversed(lines))


class _Record(NamedTuple):
    """One CSV record: the line it starts on, its text, and its cells or its fault."""

    line: int
    raw: bytes
    cells: list[str]
    fault: str = ""


def _records(lines: Iterator[Line], delimiter: str) -> Iterator[_Record]:
    source = _Pushback(lines)
    while (line := source.next()) is not None:
        if line.fault:
            yield _Record(line.number, line.raw, [], line.fault)
        elif not line.raw or line.raw.isspace():
            continue
        elif b'"' not in line.raw:
            cells = line.raw.decode().removesuffix("\r").split(delimiter)
            yield _Record(line.number, line.raw, cells)
        else:
            yield _quoted_record(line, source, delimiter)


def _quoted_record(first: Line, source: _Pushback, delimiter: str) -> _Record:
    """Read a record that may go on over several lines, up to the limit of a line.

    When its quote is not closed by then, only its first line is lost: the rest is given back.
    """
    taken = [first]

    def texts() -> Iterator[str]:
        size = len(first.raw)
        yield first.raw.decode() + "\n"
        while size <= LINE_LIMIT and (line := source.next()) is not None:
            taken.append(line)
            size += len(line.raw)
            if line.fault:
                return
            yield line.raw.decode() + "\n"

    try:
        cells = next(csv.reader(texts(), delimiter=delimiter, strict=True))
    except csv.Error as error:
        source.give_back(taken[1:])
        fault = OPEN_QUOTE if "end of data" in str(error) else f"not CSV: {error}"
        return _Record(first.number, first.raw, [], fault)
    return _Record(first.number, b"\n".join(line.raw for line in taken), cells)


def _csv_rows(lines: Iterator[Line], after: int) -> Iterator[Row | RejectedRow]:
    line = _first_line(lines)
    if line is None:
        return
    header_text = _header_text(line)
    delimiter = _delimiter(header_text)
    records = _records(chain((line,), lines), delimiter)
    names = _header(next(records))
    for record in records:
        if record.line > after:
            yield _csv_row(record, names, delimiter)


def _first_line(lines: Iterator[Line]) -> Line | None:
    return next((line for line in lines if line.fault or line.raw.strip()), None)


def _header_text(line: Line) -> str:
    if line.fault:
        raise ImportFailed(f"the header cannot be read: {line.fault}")
    return line.raw.decode()


def _header(record: _Record) -> list[str]:
    """Check the names of the columns; a column without a name (an index) is passed over."""
    if record.fault:
        raise ImportFailed(f"the header cannot be read: {record.fault}")
    names = [cell.strip() for cell in record.cells]
    if any(_is_number(cell) for cell in names):
        raise ImportFailed("the CSV file has no header: its first line holds values")
    twice = sorted({cell for cell in names if cell and names.count(cell) > 1})
    if twice:
        raise ImportFailed(f"the CSV header names a column twice: {', '.join(twice)}")
    return names


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.lower() not in {"nan", "inf", "infinity"}


def _csv_row(record: _Record, names: Sequence[str], delimiter: str) -> Row | RejectedRow:
    fault = record.fault
    if not fault and len(record.cells) != len(names):
        fault = f"row has {len(record.cells)} fields, the header has {len(names)}"
    if fault:
        return RejectedRow(record.line, _csv_excerpt(record.raw, names, delimiter), fault)
    values = dict(zip(names, record.cells, strict=True))
    values.pop("", None)
    return Row(record.line, record.raw, values)


def _csv_excerpt(raw: bytes, names: Sequence[str], delimiter: str) -> str:
    """Which cell is which is unsure in a faulty row: keep what stands before any content."""
    safe = next((i for i, name in enumerate(names) if not is_storable_key(name)), None)
    text = raw[:RAW_LIMIT].decode("utf-8", "replace").replace("\x00", "")
    if safe is not None:
        text = delimiter.join(text.split(delimiter)[:safe]) + "…"
    return text.encode()[:RAW_LIMIT].decode("utf-8", "ignore").strip()


def _delimiter(header: str) -> str:
    """Take the delimiter that makes most columns; a comma when in doubt."""
    return max(DELIMITERS, key=lambda delimiter: len(_cells(header, delimiter)))


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader((text,), delimiter=delimiter), [])


# --- documents ------------------------------------------------------------------------------


def _document(blocks: Iterable[bytes]) -> list[msgspec.Raw]:
    """Read one JSON document: the elements of a list, or the one object."""
    data = bytearray()
    for block in blocks:
        data += block
        if len(data) > DOCUMENT_LIMIT:
            raise ImportFailed(f"a JSON document may not exceed {DOCUMENT_LIMIT // MIB} MB")
    try:
        if data.lstrip()[:1] == b"[":
            return msgspec.json.decode(data, type=list[msgspec.Raw])
        return [msgspec.json.decode(data, type=msgspec.Raw)]
    except UnicodeDecodeError:
        raise ImportFailed(NOT_UTF8) from None
    except (ValueError, RecursionError) as error:
        raise ImportFailed(f"not valid JSON: {error}") from None


def _document_rows(elements: Sequence[msgspec.Raw], after: int) -> Iterator[Row | RejectedRow]:
    numbered = enumerate(islice(elements, after, None), after + 1)
    return _checked((number, bytes(element)) for number, element in numbered)


# --- recognising the layout -----------------------------------------------------------------


def _layout(data: bytes) -> Layout:
    """Tell JSON lines, one JSON document and CSV apart by the first lines.

    A broken first line does not make JSON lines something else.
    """
    lines = [line for line in data.split(b"\n", _HEAD_LINES)[:_HEAD_LINES] if line.strip()]
    if not lines:
        return "json_lines"
    if lines[0].lstrip()[:1] in (b"{", b"["):
        return "json_document" if _is_document(lines) else "json_lines"
    if any(_object(line) is not None for line in lines):
        return "json_lines"
    header = lines[0].decode("utf-8", "replace")
    return "csv" if len(_cells(header, _delimiter(header))) > 1 else "json_lines"


def _is_document(lines: Sequence[bytes]) -> bool:
    """A document opens on its first line and goes on; the lines after it are no whole rows."""
    if len(lines) == 1:
        return False
    if lines[0].strip() == b"[":
        return True
    return _breaks_off(lines[0]) and _object(lines[1]) is None


def _breaks_off(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (ValueError, RecursionError) as error:
        return "truncated" in str(error)
    return False


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        return json_object(line)
    except RowRejected:
        return None


def _first(
    data: bytes, layout: Layout, document: Sequence[msgspec.Raw]
) -> Mapping[str, Any] | None:
    """Decode the first row that is an object; for CSV, names with the first row's cells."""
    if layout == "csv":
        return _first_csv(data)
    lines: Iterable[bytes] = data.split(b"\n", _HEAD_LINES)[:_HEAD_LINES]
    if layout == "json_document":
        lines = map(bytes, document[:_HEAD_LINES])
    found = map(_object, lines)
    return next((value for value in found if value is not None), None)


def _first_csv(data: bytes) -> Mapping[str, Any] | None:
    lines = _lines((data,))
    first = _first_line(lines)
    if first is None or first.fault:
        return None
    records = _records(chain((first,), lines), _delimiter(first.raw.decode()))
    names = [cell.strip() for cell in next(records).cells]
    cells = next((r.cells for r in records if len(r.cells) == len(names)), [""] * len(names))
    return dict(zip(names, cells, strict=True))
