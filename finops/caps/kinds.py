"""The kinds of caps: what each limits, how a limit of it is read, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from finops.attribution.refusals import Refused
from finops.domain import display
from finops.models import Cap

#: No run has ever come near; beyond it somebody typed too many zeros.
MOST: Final = Decimal(10**12)
_MOST_DECIMALS: Final = 6
_LONGEST: Final = 40

_TIMES: Final = {"": 1, "k": 10**3, "m": 10**6}
_DECORATION: Final = re.compile(r"^[$€£]|[\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]")
_NUMBER: Final = re.compile(
    r"(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?P<decimals>\.[0-9]*)?(?P<times>[km]?)", re.I
)


class CapKind(NamedTuple):
    """One kind: what it limits, in words for a form, and the units of a limit and of a value."""

    name: str
    label: str
    help: str
    #: Follows a number of the limit, and one of what a run came to.
    limit_unit: str
    value_unit: str
    #: What a limit of one is called.
    one: str = ""

    @property
    def is_money(self) -> bool:
        """Say whether its limits are amounts; all others are whole numbers."""
        return self.name == Cap.RUN_COST

    def limit(self, limit: Decimal, currency: str) -> str:
        """Write a limit: ``$5.00 a run``, ``40 calls a run``."""
        return f"{self.amount(limit, currency)} {self._unit(limit, self.limit_unit)}"

    def value(self, value: Decimal, currency: str) -> str:
        """Write what a run came to: ``$75.12``, ``96 calls``."""
        return f"{self.amount(value, currency)} {self._unit(value, self.value_unit)}".strip()

    def amount(self, amount: Decimal, currency: str) -> str:
        """Write the number alone: ``$5.00``, ``40``."""
        return display.money(amount, currency) if self.is_money else display.number(int(amount))

    def _unit(self, amount: Decimal, unit: str) -> str:
        return unit.replace(f"{self.one}s", self.one, 1) if self.one and amount == 1 else unit


KINDS: Final[Mapping[str, CapKind]] = {
    kind.name: kind
    for kind in (
        CapKind(
            Cap.RUN_COST,
            "Cost of a run",
            "What its calls in this workflow cost together.",
            "a run",
            "",
        ),
        CapKind(
            Cap.STEP_TOKENS,
            "Tokens in one call",
            "The whole prompt and the answer of any single call.",
            "tokens in one call",
            "tokens in one call",
            one="token",
        ),
        CapKind(
            Cap.STEPS,
            "Calls in a run",
            "Its calls in this workflow, failed ones too.",
            "calls a run",
            "calls",
            one="call",
        ),
        CapKind(
            Cap.RETRIES,
            "Retries in a run",
            "Calls beyond the first of their step: attempts and loops.",
            "retries a run",
            "retries",
        ),
        CapKind(
            Cap.DEPTH,
            "Depth of calls",
            "Calls from the first to one that it led to, parent by parent.",
            "calls deep",
            "calls deep",
            one="call",
        ),
    )
}


def kind_named(name: str) -> CapKind:
    """Find a kind. Raises Refused, which names them all, for any other word."""
    if name not in KINDS:
        raise Refused(f"Unknown kind of cap {name!r}. Choose {', '.join(KINDS)}.")
    return KINDS[name]


def read_limit(kind: CapKind, text: str) -> Decimal:
    """Read a limit as people type it: ``5``, ``$5.00``, ``100,000``, ``100 000``, ``100k``.

    Raises Refused, with a way to fix it, for what is no limit of the kind.
    """
    found = _NUMBER.fullmatch(_DECORATION.sub("", text.strip())) if len(text) <= _LONGEST else None
    digits = found and (found["digits"] or "").replace(",", "")
    decimals = found and (found["decimals"] or "").removeprefix(".")
    if found is None or not (digits or decimals):
        example = "5 or 0.25" if kind.is_money else "40"
        raise Refused(f"{kind.label}: enter a number of 0 or more, such as {example}.")
    limit = Decimal(f"{digits or 0}.{decimals or 0}") * _TIMES[found["times"].lower()]
    return checked(kind, limit)


def checked(kind: CapKind, limit: Decimal) -> Decimal:
    """Give a limit that fits its kind, without needless zeros. Raises Refused for any other."""
    if not limit.is_finite() or limit < 0:
        raise Refused(f"{kind.label}: a cap is 0 or more.")
    if limit > MOST:
        raise Refused(f"{kind.label}: enter at most {MOST:,}.")
    finest = Decimal(1).scaleb(-_MOST_DECIMALS) if kind.is_money else Decimal(1)
    if limit % finest:
        digits = f"at most {_MOST_DECIMALS} digits after the point"
        raise Refused(f"{kind.label}: enter {digits if kind.is_money else 'a whole number'}.")
    return limit.quantize(finest).normalize() + 0
