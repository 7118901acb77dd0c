"""What a Parquet file may be before anything of it is unpacked: a bill, not a bomb.

First its footer is held to these bounds, then the pages themselves. All raise ImportFailed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.parquet_pages import Page, pages
from ingest.readers import EXPANSION_GRACE, EXPANSION_LIMIT, MIB, PARQUET_MAGIC
from ingest.source_format import ImportFailed

#: The footer lists every column of every row group; more than this is no bill.
FOOTER_LIMIT: Final = 16 * MIB
COLUMN_LIMIT: Final = 2000
#: Levels of lists, maps and structs in each other.
DEPTH_LIMIT: Final = 8
#: One column of one row group, unpacked.
CHUNK_LIMIT: Final = 512 * MIB
#: One page, unpacked; writers make them of 1 MB.
PAGE_LIMIT: Final = 128 * MIB
PAGES_LIMIT: Final = 1_000_000
#: Repeated values cost nothing in a file: past the grace, so many rows a byte are an attack.
ROWS_GRACE: Final = 10_000_000
ROWS_PER_BYTE: Final = 100
#: Length of the footer and the magic after it.
_TRAILER: Final = 8


def require_footer(stream: BinaryIO, size: int) -> None:
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


def require_bounds(metadata: pq.FileMetaData, schema: pa.Schema, size: int) -> None:
    """Hold what the footer tells of columns, rows and sizes to the bounds of bills."""
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


def require_pages(stream: BinaryIO, metadata: pq.FileMetaData, size: int) -> None:
    """Hold the pages themselves to these bounds: the footer may say less than they unpack to."""
    whole = 0
    try:
        for count, page in enumerate(_pages(stream, metadata)):
            whole += page.unpacked
            if page.unpacked > PAGE_LIMIT:
                raise ImportFailed(f"the Parquet file has a page of over {PAGE_LIMIT // MIB} MB")
            if whole > max(EXPANSION_GRACE, EXPANSION_LIMIT * size):
                raise ImportFailed(
                    f"the file expands more than {EXPANSION_LIMIT} times: not a bill"
                )
            if count > PAGES_LIMIT:
                raise ImportFailed(f"the Parquet file has more than {PAGES_LIMIT:,} pages")
    except (ValueError, OSError) as error:
        raise ImportFailed(f"the Parquet file cannot be read: {error}") from None


def _pages(stream: BinaryIO, metadata: pq.FileMetaData) -> Iterator[Page]:
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for chunk in map(group.column, range(group.num_columns)):
            start = chunk.dictionary_page_offset or chunk.data_page_offset
            yield from pages(stream, start, start + chunk.total_compressed_size)


def _depth(kind: pa.DataType) -> int:
    parts = [kind.field(each).type for each in range(kind.num_fields)]
    return 1 + max(map(_depth, parts), default=0)
