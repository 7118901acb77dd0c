"""The manifest of a delivery: which files are its parts, and what each should hold.

Cloud exports split a month into part files. Reading one part alone would lose the others, so their
manifest is what is imported: legacy CUR (``reportKeys``), AWS data exports (``dataFiles``) and
Azure cost exports (``blobs``). It is known by its content, and trusted with nothing: a part has to
lie below the folder of the export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

import msgspec

from ingest.source_format import MAX_NAME, ImportFailed

#: Manifests list files, and columns: more than this is something else.
MANIFEST_LIMIT: Final = 16 * 1024 * 1024
MAX_PARTS: Final = 10_000
#: The lists that make a JSON object a manifest.
_PART_LISTS: Final = ("reportKeys", "dataFiles", "blobs")
#: What an entry calls its file, its bytes and its rows.
_NAMES: Final = ("blobName", "uri", "path", "key", "name")
_SIZES: Final = ("byteCount", "size", "contentLength")
_ROWS: Final = ("dataRowCount", "rowCount")
#: Data exports keep manifests in metadata/<partition>/ beside data/<partition>/.
_METADATA: Final = "metadata"
#: Data sets of Azure that hold one cost alone, in the words of the format that reads them.
_DATASETS: Final = {"amortizedcost": "amortized"}


class Listed(NamedTuple):
    """A part as its manifest lists it; bytes and rows where it says so."""

    name: str
    size: int | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Manifest:
    """What a manifest says. ``report`` names export and period: two with the same one compete.

    ``created`` orders them (ISO text, empty where it is not said); ``settings`` is what the
    manifest says about reading the parts, as ``--set`` would.
    """

    path: Path
    parts: tuple[Listed, ...]
    report: tuple[str, ...]
    created: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The folder that parts have to lie below."""
        folder = self.path.parent
        return folder.parent.parent if folder.parent.name == _METADATA else folder


def read_manifest(path: Path) -> Manifest | None:
    """Read a manifest; None for every other file.

    Raises ImportFailed for one whose list of parts cannot be used, OSError for no file.
    """
    content = _json_object(path)
    if content is None:
        return None
    entries = next((content[key] for key in _PART_LISTS if isinstance(content.get(key), list)), ())
    if not entries:
        raise ImportFailed("the manifest lists no parts")
    if len(entries) > MAX_PARTS:
        raise ImportFailed(f"the manifest lists more than {MAX_PARTS} parts")
    return Manifest(
        path=path,
        parts=tuple(map(_listed, entries)),
        report=_report(content),
        created=_text(_object(content, "runInfo"), "submittedTime"),
        settings=_settings(content),
    )


def _json_object(path: Path) -> Mapping[str, Any] | None:
    """Give the content of a file that is one JSON object with a list of parts."""
    with path.open("rb") as file:
        data = file.read(MANIFEST_LIMIT + 1)
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if len(data) > MANIFEST_LIMIT or not text.startswith(b"{"):
        return None
    if not any(f'"{key}"'.encode() in text for key in _PART_LISTS):
        return None
    try:
        content = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
    is_manifest = any(isinstance(content.get(key), list) for key in _PART_LISTS)
    return content if is_manifest else None


def _listed(entry: Any) -> Listed:
    if isinstance(entry, str):
        return Listed(_safe_name(entry))
    if not isinstance(entry, Mapping):
        raise ImportFailed("the manifest lists a part without a name")
    name = next((entry[key] for key in _NAMES if isinstance(entry.get(key), str)), "")
    return Listed(_safe_name(name), _number(entry, _SIZES), _number(entry, _ROWS))


def _number(entry: Mapping[str, Any], keys: Sequence[str]) -> int | None:
    return next((entry[key] for key in keys if type(entry.get(key)) is int), None)


def _safe_name(name: str) -> str:
    """Take bucket and scheme off. Raises ImportFailed for names that would lead elsewhere."""
    scheme, mark, rest = name.partition("://")
    plain = rest.partition("/")[2] if mark and scheme.isalnum() else name
    parts = PurePosixPath(plain).parts
    odd = not parts or plain.startswith("/") or "\\" in plain or "\x00" in plain
    if odd or ".." in parts or len(plain) > 4 * MAX_NAME:
        raise ImportFailed(f"the manifest lists a part outside its folder: {name[:MAX_NAME]!r}")
    return plain


def _report(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Tell what is delivered: export and period, in whatever words the provider has for them."""
    period, run = _object(content, "billingPeriod"), _object(content, "runInfo")
    export = _object(content, "exportConfig")
    names = [_text(content, key) for key in ("account", "reportName", "exportArn", "exportName")]
    named = [_text(export, key) for key in ("resourceId", "exportName", "type")]
    times = [_text(period, "start"), _text(run, "startDate"), _text(run, "endDate")]
    return (*names, *named, *times)


def _settings(content: Mapping[str, Any]) -> dict[str, str]:
    dataset = _DATASETS.get(_text(_object(content, "exportConfig"), "type").lower())
    return {"dataset": dataset} if dataset else {}


def _object(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = content.get(key)
    return found if isinstance(found, Mapping) else {}


def _text(content: Mapping[str, Any], key: str) -> str:
    found = content.get(key)
    return found if isinstance(found, str) else ""


# --- where the parts are --------------------------------------------------------------------


def located(manifest: Manifest) -> list[Path]:
    """Find all parts, in the manifest's order.

    A manifest names objects of a bucket, which may have been copied from any folder of it on.
    Raises ImportFailed, naming the parts that are missing or lie outside.
    """
    found = [find_part(manifest, part.name) for part in manifest.parts]
    missing = [part.name for part, path in zip(manifest.parts, found, strict=True) if path is None]
    if missing:
        raise ImportFailed(missing_parts(missing))
    return [path for path in found if path is not None]


def missing_parts(names: Sequence[str]) -> str:
    """Say which parts are missing: three by name, the rest by number."""
    named = ", ".join(names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"the delivery is incomplete: {named}{more} missing"


def find_part(manifest: Manifest, name: str) -> Path | None:
    """Find the file of a part; None where it is not there. Raises ImportFailed for one outside."""
    for candidate in _candidates(manifest, PurePosixPath(name).parts):
        if candidate.is_file():
            return inside(manifest.root, candidate)
    return None


def _candidates(manifest: Manifest, parts: tuple[str, ...]) -> Iterator[Path]:
    for folder in dict.fromkeys((manifest.path.parent, manifest.root)):
        for first in range(len(parts)):
            yield folder.joinpath(*parts[first:])


def inside(root: Path, path: Path) -> Path:
    """Give the real place of a file below a folder. Raises ImportFailed for one outside it."""
    real = path.resolve()
    if not real.is_relative_to(root.resolve()):
        raise ImportFailed(f"part {path.name} leads outside the folder of its delivery")
    return real
