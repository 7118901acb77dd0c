"""Parquet files as rows of text, batch by batch: what CSV readers understand, these rows say.

Numbers become text without loss (floats by their shortest spelling, decimals as they are), dates
ISO 8601, and maps, lists and structs JSON. Nothing is read before the file's own account of itself
(its footer) is found to be within bounds. pyarrow is imported by nobody who reads no Parquet.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.content import excerpt
from ingest.readers import (
    EXPANSION_GRACE,
    EXPANSION_LIMIT,
    LINE_LIMIT,
    MIB,
    NOT_UTF8,
    PARQUET_MAGIC,
    TOO_LONG,
    RejectedRow,
    Source,
)
from ingest.source_format import MAX_NAME, Head, ImportFailed, Row

#: The footer lists every column of every row group; more than this is no bill.
FOOTER_LIMIT: Final = 16 * MIB
COLUMN_LIMIT: Final = 2000
#: Levels of lists, maps and structs in each other.
DEPTH_LIMIT: Final = 8
#: One column of one row group, unpacked.
CHUNK_LIMIT: Final = 512 * MIB
#: Repeated values cost nothing in a file: past the grace, so many rows a byte are an attack.
ROWS_GRACE: Final = 10_000_000
ROWS_PER_BYTE: Final = 100
#: Rows read at a time, and what they may weigh together.
BATCH_ROWS: Final = 8192
BATCH_BYTES: Final = 16 * MIB
#: Length of the footer and the magic after it.
_TRAILER: Final = 8

_encode_json: Final = msgspec.json.Encoder(decimal_format="number").encode


class ParquetSource(Source):
    """An opened Parquet file; used as any other source of rows. It needs a file it can seek in."""

    def __init__(self, path: Path, stream: BinaryIO, size: int, fingerprint: str) -> None:
        """Look at the footer. Raises ImportFailed when the file is cut off or out of bounds."""
        self.name, self.size, self.fingerprint = str(path), size, fingerprint
        self._file = stream
        _require_footer(stream, size)
        with _arrow_errors():
            shape = pq.ParquetFile(stream, pre_buffer=False)
            schema = shape.schema_arrow
        _require_bounds(shape.metadata, schema, size)
        self._parquet = _reader(stream, shape)
        self._names = _names(schema)
        self._rows_read = 0
        self.head = Head(self.name, PARQUET_MAGIC, "parquet", self._first())

    @property
    def bytes_read(self) -> int:
        """How far the file has been read, as the share of its rows."""
        total = self._parquet.metadata.num_rows
        return (self.size or 0) * self._rows_read // total if total else 0

    def rows(self, after: int = 0) -> Iterator[Row | RejectedRow]:
        """Yield all rows in order, numbered from 1; those up to ``after`` are passed over.

        Raises ImportFailed where the file turns out to be corrupt.
        """
        return self._numbered(after, BATCH_ROWS)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _first(self) -> dict[str, str]:
        """Give the first row that can be read; the columns alone when there is none."""
        rows = self._numbered(0, 64)
        found = next((row.fields for row in rows if isinstance(row, Row) and row.fields), None)
        self._rows_read = 0
        return dict(found or dict.fromkeys(self._names, ""))

    def _numbered(self, after: int, most: int) -> Iterator[Row | RejectedRow]:
        end = 0
        metadata = self._parquet.metadata
        for group in range(metadata.num_row_groups):
            start, end = end, end + metadata.row_group(group).num_rows
            if end > after:
                yield from self._group(group, start, after, most)

    def _group(self, group: int, start: int, after: int, most: int) -> Iterator[Row | RejectedRow]:
        facts = self._parquet.metadata.row_group(group)
        weight = max(facts.total_byte_size // max(facts.num_rows, 1), 1)
        size = max(1, min(most, BATCH_BYTES // weight))
        with _arrow_errors():
            for batch in self._parquet.iter_batches(size, row_groups=[group], use_threads=False):
                first, start = start, start + batch.num_rows
                self._rows_read = start
                if start > after:
                    rows = _rows(batch, self._names, first + 1)
                    yield from (row for row in rows if row.line > after)


# --- bounds ---------------------------------------------------------------------------------


@contextmanager
def _arrow_errors() -> Iterator[None]:
    """Say of whatever pyarrow stumbles over that the file is corrupt."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise ImportFailed(f"the Parquet file cannot be read: {reason}") from None


def _require_footer(stream: BinaryIO, size: int) -> None:
    """Check the end of the file before anything follows what it says."""
    stream.seek(-min(size, _TRAILER), os.SEEK_END)
    end = stream.read(_TRAILER)
    stream.seek(0)
    if end.endswith(b"PARE"):
        raise ImportFailed("the Parquet file is encrypted")
    if size < 2 * _TRAILER or not end.endswith(PARQUET_MAGIC):
        raise ImportFailed("the Parquet file is cut off before its end")
    if int.from_bytes(end[:4], "little") > min(FOOTER_LIMIT, size - _TRAILER):
        raise ImportFailed("the Parquet file's footer is larger than any bill's")


def _require_bounds(metadata: pq.FileMetaData, schema: pa.Schema, size: int) -> None:
    if metadata.num_columns > COLUMN_LIMIT:
        raise ImportFailed(f"the Parquet file has more than {COLUMN_LIMIT} columns")
    for field in schema:
        if _depth(field.type) > DEPTH_LIMIT:
            raise ImportFailed(f"column {field.name[:100]} is nested too deeply")
    if metadata.num_rows > max(ROWS_GRACE, ROWS_PER_BYTE * size):
        raise ImportFailed("the Parquet file has more rows than its size can hold: not a bill")
    _require_unpacked(metadata, size)


def _require_unpacked(metadata: pq.FileMetaData, size: int) -> None:
    """Stop an expansion that no bill has, as a whole and in each piece."""
    whole = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        chunks = [group.column(each).total_uncompressed_size for each in range(group.num_columns)]
        whole += sum(chunks)
        if max(chunks, default=0) > CHUNK_LIMIT:
            raise ImportFailed(f"the Parquet file has a piece of over {CHUNK_LIMIT // MIB} MB")
    if whole > max(EXPANSION_GRACE, EXPANSION_LIMIT * size):
        raise ImportFailed(f"the file expands more than {EXPANSION_LIMIT} times: not a bill")


def _depth(kind: pa.DataType) -> int:
    parts = [kind.field(each).type for each in range(kind.num_fields)]
    return 1 + max(map(_depth, parts), default=0)


def _names(schema: pa.Schema) -> list[str]:
    names = [field.name.strip() for field in schema]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ImportFailed(f"the Parquet file names a column twice: {', '.join(twice)[:200]}")
    return names


def _reader(stream: BinaryIO, shape: pq.ParquetFile) -> pq.ParquetFile:
    """Open the file so that values which columns of text repeat are held once."""
    texts = [field.name for field in shape.schema_arrow if _is_text(field.type)]
    with _arrow_errors():
        return pq.ParquetFile(
            stream,
            metadata=shape.metadata,
            read_dictionary=texts,
            pre_buffer=False,
            buffer_size=MIB,
        )


# --- cells ----------------------------------------------------------------------------------


def _rows(batch: pa.RecordBatch, names: Sequence[str], first: int) -> Iterator[Row | RejectedRow]:
    """Give the rows of a batch; one that is too long or no text is rejected in its place."""
    columns = [_Column(column) for column in batch.columns]
    faults: dict[int, str] = {}
    for column in columns:
        faults.update(dict.fromkeys(column.not_utf8, NOT_UTF8))
    if sum(column.longest for column in columns) > LINE_LIMIT:
        lengths = (sum(map(len, cells)) for cells in zip(*(c.texts for c in columns), strict=True))
        faults.update({at: TOO_LONG for at, length in enumerate(lengths) if length > LINE_LIMIT})
    rows = zip(*(column.texts for column in columns), strict=True)
    for at, cells in enumerate(rows):
        fields = dict(zip(names, cells, strict=True))
        if at in faults:
            short = {name: text[:MAX_NAME] for name, text in fields.items()}
            yield RejectedRow(first + at, excerpt(b"", short), faults[at])
        else:
            yield Row(first + at, b"", fields)


class _Column:
    """One column of a batch as texts, null as empty; and which of its cells are no UTF-8."""

    def __init__(self, array: pa.Array) -> None:
        self.not_utf8: list[int] = []
        if isinstance(array, pa.DictionaryArray):
            self.texts, self.longest = self._repeated(array)
        else:
            self.texts = self._plain(array)
            self.longest = max(map(len, self.texts), default=0)

    def _repeated(self, array: pa.DictionaryArray) -> tuple[list[str], int]:
        """Read each value once, however many rows have it."""
        words = _Column(array.dictionary)
        texts = [*words.texts, ""]
        at = array.indices.fill_null(len(texts) - 1).to_pylist()
        bad = set(words.not_utf8)
        self.not_utf8 = [row for row, word in enumerate(at) if word in bad] if bad else []
        return [texts[word] for word in at], words.longest

    def _plain(self, array: pa.Array) -> list[str]:
        kind = array.type
        if pa.types.is_nested(kind):
            return [_json(value) for value in array.to_pylist(maps_as_pydicts="lossy")]
        if _is_text(kind):
            return self._decoded(array)
        if pa.types.is_null(kind):
            return [""] * len(array)
        if pa.types.is_timestamp(kind):
            return _moments(array)
        return [text or "" for text in array.cast(pa.string()).to_pylist()]

    def _decoded(self, array: pa.Array) -> list[str]:
        """Decode text; many writers leave out that their bytes are text."""
        try:
            return [text or "" for text in array.cast(pa.large_string()).to_pylist()]
        except (pa.ArrowInvalid, UnicodeDecodeError):
            raw = array.cast(pa.large_binary()).to_pylist()
        texts = [(value or b"").decode("utf-8", "replace") for value in raw]
        self.not_utf8 = [
            row for row, value in enumerate(raw) if value and texts[row].encode() != value
        ]
        return texts


def _moments(array: pa.Array) -> list[str]:
    """Spell instants as ISO 8601, with Z where the file says that they are instants."""
    if array.type.tz is not None:
        array = array.cast(pa.timestamp(array.type.unit, "UTC"))
    return [(text or "").replace(" ", "T") for text in array.cast(pa.string()).to_pylist()]


def _is_text(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_binary,
        pa.types.is_large_binary,
        pa.types.is_fixed_size_binary,
    )
    return any(test(kind) for test in tests)


def _json(value: Any) -> str:
    return "" if value is None else _encode_json(value).decode()
