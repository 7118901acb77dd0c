"""Weigh the pages of a Parquet file by their own headers, before any of them is unpacked.

The footer's sizes are what the file says of itself; memory is taken by the size that each page's
header states. pyarrow shows only the former, so the headers (Thrift, compact protocol) are read
here: two numbers of each, and over everything else in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

KIB: Final = 1024
#: Headers hold the smallest and largest value of their page, and are seldom longer than this.
_USUAL: Final = 4 * KIB
_LONGEST: Final = 16 * KIB * KIB

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_BITS: Final = 63  # of a number
_UNPACKED, _PACKED = 2, 3  # fields of a page header


class Page(NamedTuple):
    """The sizes of one page in bytes: of its header, in the file, and unpacked."""

    header: int
    packed: int
    unpacked: int


def pages(stream: BinaryIO, start: int, end: int) -> Iterator[Page]:
    """Yield the pages of one column chunk, which lies from ``start`` to ``end``.

    Raises ValueError where a header cannot be read.
    """
    while start < end:
        page = _page_at(stream, start)
        yield page
        start += page.header + page.packed


def _page_at(stream: BinaryIO, start: int) -> Page:
    for length in (_USUAL, _LONGEST):
        stream.seek(start)
        reader = _Compact(stream.read(length))
        try:
            sizes = dict(reader.numbers())
        except (IndexError, RecursionError):
            continue
        page = Page(reader.at, sizes.get(_PACKED, -1), sizes.get(_UNPACKED, -1))
        if min(page) >= 0:
            return page
        break
    raise ValueError("the header of a page is corrupt")


class _Compact:
    """Just enough of Thrift's compact protocol. IndexError where the bytes end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def numbers(self) -> Iterator[tuple[int, int]]:
        """Yield the whole numbers of the struct that begins here, by field; pass over the rest."""
        field = 0
        while head := self._byte():
            kind, step = head & 15, head >> 4
            field = field + step if step else self._whole()
            if kind in (_I16, _I32, _I64):
                yield field, self._whole()
            else:
                self._skip(kind)

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
            if shift > _BITS:
                raise ValueError("the header of a page is corrupt")
        return value | byte << shift

    def _whole(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, kind: int) -> None:
        if kind in (_BYTE, _DOUBLE):
            self.at += 1 if kind == _BYTE else 8
        elif kind == _BINARY:
            length = self._varint()
            self.at += length
        elif kind in (_I16, _I32, _I64):
            self._varint()
        elif kind == _STRUCT:
            for _ in self.numbers():
                pass
        elif kind in (_LIST, _SET):
            self._skip_elements()
        elif kind not in (_TRUE, _FALSE):
            raise IndexError("no page header has such a field")

    def _skip_elements(self) -> None:
        head = self._byte()
        count, kind = head >> 4, head & 15
        for _ in range(self._varint() if count == 15 else count):
            if kind in (_TRUE, _FALSE):
                self._byte()
            else:
                self._skip(kind)
