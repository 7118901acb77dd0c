"""Read the rows of native bills by column, planned once per file.

Exports of one provider differ in case, language and choice of columns. A format names, for each
field, the keys of the columns that may hold it (``billing_fields.column_key``); everything else
that a row says is kept as ``extra``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Final, NamedTuple

from finops.attribution.charges import OWN_DIMENSIONS
from finops.domain.charge import ChargeRecord
from ingest.billing_fields import Names, cells_of, column_key, currency, extra_of, is_null
from ingest.fields import reject
from ingest.source_format import Head, Keep, Kind, ReadOptions, Row, RowRejected, Semantics

Texts = Mapping[str, str]
#: Field → keys of the columns that may hold it; the first that a file has counts.
Fields = Mapping[str, tuple[str, ...]]

#: What ``--set`` may give to all rows of a bill that do not say it themselves.
ACCOUNT: Final = "billing_account_id"
CURRENCY: Final = "billing_currency"


class BillFormat:
    """What is the same for every format of native bills."""

    kind: Kind = "billing"
    keep: Keep = "first"  # of calls alone; no line of a bill is ever a duplicate
    semantics = Semantics(
        cache_read_in_input=True, cache_write_in_input=True, reasoning_in_output=True
    )
    time_zone: tzinfo | None = UTC


# --- columns --------------------------------------------------------------------------------


class Cells(dict[str, str]):
    """The cells of a row by field; a field that the file has no column for is empty."""

    def __missing__(self, field: str) -> str:
        """Give nothing for a column that is not there."""
        return ""


class Columns:
    """Which columns of a file hold which fields, and which of the others are kept.

    ``texts`` are fields of a charge that its column feeds as it is.
    """

    def __init__(
        self,
        headers: Iterable[str],
        fields: Fields,
        texts: Fields,
        *,
        dropped: Callable[[str], bool] = lambda header: False,
    ) -> None:
        """Plan for one file; ``dropped`` headers (tags, for one) are neither read nor kept."""
        plain = [header for header in headers if not dropped(header)]
        by_key = {column_key(header): header for header in reversed(plain)}
        found, named = _present(fields, by_key), _present(texts, by_key)
        self._fields, self._cells = tuple(found), _taken(tuple(found.values()))
        self._texts, self._text_cells = tuple(named), _taken(tuple(named.values()))
        self._known = Names()
        used = {*found.values(), *named.values()}
        self.others = extra_of(header for header in plain if header not in used)

    def read(self, row: Texts) -> Cells:
        """Take the fields out of a row."""
        return Cells(zip(self._fields, self._cells(row), strict=True))

    def names(self, row: Texts) -> dict[str, Any]:
        """Take the texts of a charge out of a row: None where a cell means nothing."""
        known = self._known
        texts = zip(self._texts, self._text_cells(row), strict=True)
        return {field: known[text] for field, text in texts}

    def name(self, text: str) -> str | None:
        """Read one more name, as those of the row are read."""
        return self._known[text]


def _present(fields: Fields, by_key: Texts) -> dict[str, str]:
    """Give the header of every field that the file has a column for."""
    headers = {
        field: next((by_key[key] for key in keys if key in by_key), "")
        for field, keys in fields.items()
    }
    return {field: header for field, header in headers.items() if header}


def _taken(headers: Sequence[str]) -> Callable[[Texts], tuple[str, ...]]:
    return cells_of(headers) if headers else lambda row: ()


def keys_of(head: Head) -> frozenset[str]:
    """Give the keys of a file's columns, to recognise it by."""
    return frozenset(map(column_key, head.first or ()))


# --- rows -----------------------------------------------------------------------------------

ChargeReader = Callable[[Texts], Sequence[ChargeRecord]]


class Plan(NamedTuple):
    """How one file is read: which schema it turned out to be, and its rows."""

    schema: str
    read: ChargeReader


class ColumnDecoder:
    """Turn rows of columns into charges; the file's first row settles how it is read."""

    def __init__(self, plan: Callable[[Texts], Plan], first: Texts | None = None) -> None:
        """Plan for the file's first row, or wait for one where it is not known yet."""
        self._plan = plan
        self._planned = plan(first) if first else None

    @property
    def schema(self) -> str:
        """Name what the file turned out to be; empty before the first row."""
        return self._planned.schema if self._planned else ""

    def __call__(self, row: Row) -> Sequence[ChargeRecord]:
        """Read one row. Raises RowRejected."""
        if row.fields is None:
            raise RowRejected("not a row of columns")
        planned = self._planned
        if planned is None:
            planned = self._planned = self._plan(row.fields)
        return planned.read(row.fields)


def checked_settings(options: ReadOptions, *known: str) -> Texts:
    """Give what ``--set`` says. Raises ValueError for what a bill cannot be told.

    Dimensions are not a decoder's: charges that name none get them as they land.
    """
    allowed = (ACCOUNT, CURRENCY, *known, *OWN_DIMENSIONS)
    for key in options.defaults:
        if key not in allowed:
            raise ValueError(f"{key} is none of {', '.join(allowed)}")
    return options.defaults


def currency_of(text: str, settings: Texts, field: str) -> str:
    """Read the currency of a row, or the one that was given for the whole file."""
    told = settings.get(CURRENCY, "") if is_null(text) else text
    if is_null(told):
        reject(field, f"is missing: --set {CURRENCY}=USD gives it to the whole file")
    return currency(told, field)
