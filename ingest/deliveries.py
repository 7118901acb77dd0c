"""Deliveries: several part files that are one import.

The parts of a manifest, of a folder or of a command line are read one after the other as a single
stream of rows. Lines are numbered through, so that an import resumes within the delivery as it does
within a file. What is listed twice, or holds the same bytes as another part, counts once.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, NamedTuple, Self

from ingest import readers
from ingest.manifests import (
    MAX_PARTS,
    Listed,
    Manifest,
    inside,
    located,
    missing_parts,
    read_manifest,
)
from ingest.source_format import Head, ImportFailed, Row

_STANDARD_INPUT: Final = "-"
#: Layouts of JSON: rows may leave out what they do not know.
_JSON: Final = frozenset(("json_lines", "json_document"))


class Part(NamedTuple):
    """A file of a delivery, and what its manifest says about it."""

    path: Path
    listed: Listed


def open_delivery(
    path: Path | str, parts: Sequence[str] = (), stdin: BinaryIO | None = None
) -> readers.Source | DeliverySource:
    """Open what an import names: a file, a manifest, or the ``parts`` of a folder.

    Raises ImportFailed when a part is missing or nothing can be read, OSError for no such file.
    """
    if parts:
        return DeliverySource(str(path), _named_parts(Path(path), parts))
    if str(path) != _STANDARD_INPUT and (manifest := read_manifest(Path(path))):
        return DeliverySource(str(path), _listed_parts(manifest), manifest.settings)
    return readers.open_source(path, stdin)


def _listed_parts(manifest: Manifest) -> list[Part]:
    return list(map(Part, located(manifest), manifest.parts))


def _named_parts(folder: Path, names: Sequence[str]) -> list[Part]:
    if len(names) > MAX_PARTS:
        raise ImportFailed(f"the delivery has more than {MAX_PARTS} parts")
    if missing := [name for name in names if not folder.joinpath(name).is_file()]:
        raise ImportFailed(missing_parts(missing))
    return [Part(inside(folder, folder / name), Listed(name)) for name in names]


class DeliverySource:
    """The parts of a delivery as one source; it is used as ``readers.Source`` is."""

    def __init__(
        self, name: str, parts: Sequence[Part], settings: Mapping[str, str] | None = None
    ) -> None:
        """Check sizes and look at the start. Raises ImportFailed, naming the part."""
        self.name = name
        self.settings = dict(settings or {})
        self.parts = _distinct(parts)
        for part in self.parts:
            _check_size(part)
        facts = [part.path.stat() for part in self.parts]
        self.size: int | None = sum(fact.st_size for fact in facts)
        self.fingerprint = _digest(f"{fact.st_size} {fact.st_mtime_ns}" for fact in facts)
        self.head = self._first_head()
        self._current: readers.Source | None = None
        self._bytes_before = 0

    @property
    def bytes_read(self) -> int:
        """How far the parts together have been read, for progress against ``size``."""
        return self._bytes_before + (self._current.bytes_read if self._current else 0)

    def content_hash(self) -> str:
        """Give a hash of all parts that does not depend on their order."""
        return _digest(sorted(_hash_of(part.path) for part in self.parts))

    def rows(self, after: int = 0) -> Iterator[Row | readers.RejectedRow]:
        """Yield the rows of all parts in order; those up to line ``after`` are passed over.

        Raises ImportFailed, naming the part that breaks off or holds something else.
        """
        before = 0
        for part in self.parts:
            last = count = 0
            with self._opened(part) as opened:
                for row in opened.rows():
                    last, count = row.line, count + 1
                    if before + last > after:
                        yield row._replace(line=before + last)
                _check_rows(part, count)
            before += last

    def close(self) -> None:
        """Close the part that is being read."""
        if self._current is not None:
            self._bytes_before += self._current.bytes_read
            self._current.close()
            self._current = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _first_head(self) -> Head:
        """Give the head of the first part that says anything."""
        head = None
        for part in self.parts:
            with _about(part), readers.open_source(part.path) as opened:
                head = opened.head
            if head.data.strip():
                break
        if head is None:
            raise ImportFailed("the delivery has no parts")
        return head._replace(name=self.name)

    @contextmanager
    def _opened(self, part: Part) -> Iterator[readers.Source]:
        with _about(part):
            self._current = readers.open_source(part.path)
            try:
                self._require_same_columns(self._current.head)
                yield self._current
            finally:
                self.close()

    def _require_same_columns(self, head: Head) -> None:
        """Raise ImportFailed for a part that is no continuation of the first."""
        if not head.data.strip():
            return
        if shape_of(head) != shape_of(self.head):
            raise ImportFailed("its columns are not those of the first part")


def shape_of(head: Head) -> tuple[str, ...]:
    """Give what parts of a delivery have in common: the columns of a table, or being JSON."""
    if head.layout in _JSON:
        return ("json",)
    return (head.layout, *sorted(head.first or ()))


def _distinct(parts: Sequence[Part]) -> list[Part]:
    """Leave out what is listed twice, and what holds the same bytes as a part before it."""
    once = list({part.path: part for part in parts}.values())
    sizes = Counter(part.path.stat().st_size for part in once)
    seen: set[str] = set()
    kept = []
    for part in once:
        if sizes[part.path.stat().st_size] > 1:
            content = _hash_of(part.path)
            if content in seen:
                continue
            seen.add(content)
        kept.append(part)
    return kept


def _check_size(part: Part) -> None:
    size, told = part.path.stat().st_size, part.listed.size
    if told is not None and size != told:
        raise ImportFailed(
            f"part {part.listed.name} has {size} bytes, its manifest says {told}: "
            "it has not arrived whole"
        )


def _check_rows(part: Part, rows: int) -> None:
    told = part.listed.rows
    if told is not None and rows != told:
        raise ImportFailed(f"it has {rows} rows, its manifest says {told}")


@contextmanager
def _about(part: Part) -> Iterator[None]:
    """Name the part in whatever goes wrong with it."""
    try:
        yield
    except ImportFailed as error:
        raise ImportFailed(f"part {part.listed.name}: {error}") from None
    except FileNotFoundError:
        raise ImportFailed(missing_parts([part.listed.name])) from None


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(texts: Iterator[str] | Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
