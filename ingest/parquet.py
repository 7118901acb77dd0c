"""Parquet files as rows of text, batch by batch: what CSV readers understand, these rows say.

Numbers become text without loss (floats by their shortest spelling, decimals as they are), dates
ISO 8601, and maps, lists and structs JSON. Nothing is unpacked before the footer and all pages are
found to be within bounds. pyarrow is imported by nobody who reads no Parquet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.content import excerpt
from ingest.parquet_bounds import require_bounds, require_footer, require_pages
from ingest.readers import (
    LINE_LIMIT,
    MIB,
    NOT_UTF8,
    PARQUET_MAGIC,
    TOO_LONG,
    RejectedRow,
    Source,
)
from ingest.source_format import MAX_NAME, Head, ImportFailed, Row

#: Rows read at a time, and what they may weigh together.
BATCH_ROWS: Final = 8192
BATCH_BYTES: Final = 16 * MIB

_encode_json: Final = msgspec.json.Encoder(decimal_format="number").encode


class ParquetSource(Source):
    """An opened Parquet file; used as any other source of rows. It needs a file it can seek in."""

    def __init__(self, path: Path, stream: BinaryIO, size: int, fingerprint: str) -> None:
        """Look at the footer. Raises ImportFailed when the file is cut off or out of bounds."""
        self.name, self.size, self.fingerprint = str(path), size, fingerprint
        self._file = stream
        require_footer(stream, size)
        with _arrow_errors():
            shape = pq.ParquetFile(stream, pre_buffer=False)
            schema = shape.schema_arrow
        require_bounds(shape.metadata, schema, size)
        require_pages(stream, shape.metadata, size)
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


@contextmanager
def _arrow_errors() -> Iterator[None]:
    """Say of whatever pyarrow stumbles over that the file is corrupt."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise ImportFailed(f"the Parquet file cannot be read: {reason}") from None


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
