"""What a path on the command line stands for: files, each for itself, and deliveries of parts.

A manifest is its delivery, wherever its parts lie. Bills without one are a delivery when they lie
in one folder, are of one format and have the same columns: exports split a month into parts, and
reading one of them alone would replace the month by a piece of it. Files of calls are imported each
for itself, and so is every file that is named on its own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from os.path import commonpath
from pathlib import Path
from typing import NamedTuple

from ingest.deliveries import shape_of
from ingest.formats import format_named, recognise
from ingest.manifests import Manifest, find_part, read_manifest
from ingest.readers import open_source
from ingest.source_format import ImportFailed

logger = logging.getLogger(__name__)


class Entry(NamedTuple):
    """One import to be: a file or manifest, or a folder and the names of its parts below it."""

    path: str
    parts: tuple[str, ...] = ()


def one_delivery(paths: Sequence[Path]) -> Entry:
    """Take files, and all files of folders, as the parts of one delivery, in the order given.

    Raises ValueError where there are none.
    """
    files = [file for path in paths for file in (_files(path) if path.is_dir() else [path])]
    if not files:
        raise ValueError("the delivery has no parts")
    if len(files) == 1:
        return Entry(str(files[0]))
    absolute = [file.absolute() for file in files]
    folder = Path(commonpath([file.parent for file in absolute]))
    return Entry(str(folder), tuple(str(file.relative_to(folder)) for file in absolute))


def spelled_out(folder: Path, format_name: str = "") -> Iterator[Entry]:
    """Give the imports that a folder holds, in the order of their names.

    Files below it whose name begins with a dot are passed over.
    """
    files = _files(folder)
    manifests = [found for file in files if (found := _manifest(file))]
    parts = {part for manifest in manifests for part in _parts(manifest)}
    taken = parts | {manifest.path.resolve() for manifest in manifests}
    entries = [Entry(str(manifest.path)) for manifest in _newest(manifests)]
    ruled = {part.parent for part in parts}
    rest = [file for file in files if file.resolve() not in taken]
    for parent, siblings in groupby(sorted(rest, key=_parent), key=_parent):
        groups = _groups(list(siblings), format_name)
        entries.extend(_entries(parent, groups, ruled=parent.resolve() in ruled))
    yield from sorted(entries)


def _parent(file: Path) -> Path:
    return file.parent


def _files(folder: Path) -> list[Path]:
    found = (file for file in folder.rglob("*") if file.is_file())
    return sorted(file for file in found if not file.name.startswith("."))


# --- manifests ------------------------------------------------------------------------------


def _manifest(file: Path) -> Manifest | None:
    try:
        return read_manifest(file)
    except ImportFailed:
        # Its own import says what is wrong with it.
        return None


def _parts(manifest: Manifest) -> Iterator[Path]:
    """Give the files that a manifest speaks for, as far as they are there."""
    for part in manifest.parts:
        try:
            found = find_part(manifest, part.name)
        except ImportFailed:
            continue
        if found is not None:
            yield found


def _newest(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Leave of several deliveries of one report and period the one that counts.

    Providers keep old runs beside the new one: what was submitted last counts; AWS puts a copy of
    its current manifest above all runs.
    """
    kept: dict[tuple[str, ...], Manifest] = {}
    for manifest in sorted(manifests, key=_age):
        key = manifest.report if any(manifest.report) else (str(manifest.path),)
        kept[key] = manifest
    return list(kept.values())


def _age(manifest: Manifest) -> tuple[str, int, float]:
    return (manifest.created, -len(manifest.path.parts), manifest.path.stat().st_mtime)


# --- files without a manifest ---------------------------------------------------------------


Groups = Mapping[tuple[str, ...], Sequence[Path]]


def _groups(files: Iterable[Path], format_name: str) -> Groups:
    """Put bills of one format and header together; all else stands alone, under its path."""
    groups: dict[tuple[str, ...], list[Path]] = {}
    for file in files:
        groups.setdefault(_kind_of(file, format_name) or (str(file),), []).append(file)
    return groups


def _entries(folder: Path, groups: Groups, *, ruled: bool) -> Iterator[Entry]:
    """Make an import of each group. Beside a manifest's parts (``ruled``), bills that it does not
    list are what an earlier run left behind: alone, they would replace the month by a piece.
    """
    for shape, files in groups.items():
        if ruled and len(shape) > 1:
            logger.warning("passed over: %s is in no manifest", ", ".join(map(str, files)))
        elif len(files) == 1:
            yield Entry(str(files[0]))
        else:
            yield Entry(str(folder), tuple(file.name for file in files))


def _kind_of(file: Path, format_name: str) -> tuple[str, ...]:
    """Name format and columns of a bill; nothing for any other file, or one that is unreadable."""
    try:
        with open_source(file) as opened:
            form = format_named(format_name) if format_name else recognise(opened.head)
    except (ImportFailed, OSError):
        return ()
    return (form.name, *shape_of(opened.head)) if form.kind == "billing" else ()
