"""Score a bill against the rules of its version of FOCUS while it is read.

The Foundation's own sample breaks ten rules of its own version, and clouds document where theirs
deviate: so a file is told how many rows fail which rule, and where. Nothing is rejected here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from finops.domain.charge import CORRECTION, ChargeRecord
from ingest import focus_rules as rules
from ingest.billing_fields import UNREADABLE, cells_of
from ingest.billing_times import NULLS
from ingest.focus_columns import AMOUNT_FIELDS, MANDATORY, FocusColumns
from ingest.focus_rules import Facts, Level, Rule
from ingest.known import Known

#: Lines named per rule.
EXAMPLES: Final = 3
#: Combinations remembered of what rows share.
MAX_KNOWN: Final = 20_000
#: Products of price and quantity may differ by this share: some exports hold floats.
_TOLERANCE: Final = Decimal("0.000001")

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z", re.ASCII)
_NUMBER: Final = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DATE_COLUMNS: Final = (
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
)

Texts = Mapping[str, str]
_Cells = Callable[[Texts], tuple[str, ...]]
_empty_of: Final = attrgetter(*rules.ASKED_FIELDS)


@dataclass(slots=True)
class Finding:
    """How many rows fail a rule, and the first lines that do."""

    rule: Rule
    rows: int = 0
    lines: list[int] = field(default_factory=list)


def _spelt_as(pattern: re.Pattern[str]) -> Known[bool]:
    """Say of texts whether they are spelt as FOCUS asks for."""
    return Known(lambda text: text in NULLS or pattern.fullmatch(text) is not None)


class FocusScore:
    """Count what the rows of one file have against the rules of their version."""

    def __init__(self, columns: FocusColumns) -> None:
        """Plan the checks that the file's columns allow."""
        self.version = columns.version
        self.rows = 0
        self._missing = columns.missing
        self._mandatory = len(MANDATORY[columns.version])
        present = columns.present
        self._fact_rules = [rule for rule in rules.FACT_RULES if self._applies(rule, present)]
        self._row_rules = [rule for rule in rules.ROW_RULES if self._applies(rule, present)]
        self._words = [column for column in rules.WORD_COLUMNS if column in present]
        self._word_cells = _cells(self._words, columns)
        self._date_cells = _cells(_DATE_COLUMNS, columns)
        self._amount_cells = _cells(AMOUNT_FIELDS, columns)
        self._dates, self._numbers = _spelt_as(_DATE), _spelt_as(_NUMBER)
        self._known: dict[tuple[Any, ...], tuple[Finding, ...]] = {}
        self._findings = {
            rule.name: Finding(rule) for rule in (*self._fact_rules, *rules.ROW_RULES)
        }

    def _applies(self, rule: Rule, present: frozenset[str]) -> bool:
        return rule.column in present and rule.is_known_to(self.version)

    def add(self, line: int, row: Texts, charge: ChargeRecord) -> None:
        """Check one row and the charge that it became."""
        self.rows += 1
        for finding in self._shared(row, charge):
            _count(finding, line)
        if not all(map(self._dates.__getitem__, self._date_cells(row))):
            self.note(rules.DATE_FORMAT, line)
        if not all(map(self._numbers.__getitem__, self._amount_cells(row))):
            self.note(rules.NUMBER_FORMAT, line)
        if charge.charge_period_end <= charge.charge_period_start:
            self.note(rules.PERIOD_ORDER, line)
        if charge.tags and UNREADABLE in charge.tags:
            self.note(rules.TAGS_FORMAT, line)
        if charge.sku_price_details and UNREADABLE in charge.sku_price_details:
            self.note(rules.DETAILS_FORMAT, line)
        if charge.charge_class != CORRECTION:
            self._check_products(line, charge)

    def note(self, rule: Rule, line: int) -> None:
        """Count a row that fails a rule."""
        _count(self._findings[rule.name], line)

    def _shared(self, row: Texts, charge: ChargeRecord) -> tuple[Finding, ...]:
        words = self._word_cells(row)
        empty = tuple([value is None for value in _empty_of(charge)])
        found = self._known.get((words, empty))
        if found is None:
            found = self._judge(words, empty)
        return found

    def _judge(self, words: tuple[str, ...], empty: tuple[bool, ...]) -> tuple[Finding, ...]:
        fields = frozenset(
            name for name, is_empty in zip(rules.ASKED_FIELDS, empty, strict=True) if is_empty
        )
        facts = Facts(dict(zip(self._words, words, strict=True)), fields)
        broken = tuple(
            self._findings[rule.name] for rule in self._fact_rules if not rule.keeps(facts)
        )
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[words, empty] = broken
        return broken

    def _check_products(self, line: int, charge: ChargeRecord) -> None:
        quantity = charge.pricing_quantity
        if quantity is None:
            return
        if _differs(charge.list_cost, charge.list_unit_price, quantity):
            self.note(rules.LIST_PRODUCT, line)
        if _differs(charge.contracted_cost, charge.contracted_unit_price, quantity):
            self.note(rules.CONTRACTED_PRODUCT, line)

    def report(self) -> dict[str, Any]:
        """Give the score for storing: ``percent`` of rows that keep a rule, over all that count.

        ``{"standard", "rows", "rules", "percent", "error", "warning", "info", "findings":
        [{"rule", "level", "column", "says", "rows", "lines"}]}``; ``error`` and so on count rules
        that some row fails. Information does not count towards the percentage.
        """
        findings = [*self._missing_columns(), *filter(_has_rows, self._findings.values())]
        findings.sort(key=lambda finding: rules.LEVELS.index(finding.rule.level))
        return {
            "standard": f"FOCUS {self.version}",
            "rows": self.rows,
            "rules": self._mandatory + len(self._fact_rules) + len(self._row_rules),
            "percent": self._percent(),
            **{level: _count_of(level, findings) for level in rules.LEVELS},
            "findings": [_told(finding) for finding in findings],
        }

    def _missing_columns(self) -> list[Finding]:
        says = "is a mandatory column, and the file lacks it"
        return [
            Finding(Rule(f"column_{column}", "error", column, says), self.rows)
            for column in self._missing
        ]

    def _percent(self) -> float:
        counting = [
            self._findings[rule.name]
            for rule in (*self._fact_rules, *self._row_rules)
            if rule.level != "info"
        ]
        checks = len(counting) + self._mandatory
        if not self.rows:
            return 100.0
        failed = sum(finding.rows for finding in counting) + self.rows * len(self._missing)
        return round(100 * (1 - failed / (self.rows * checks)), 1)


def _cells(columns: Any, found: FocusColumns) -> _Cells:
    headers = [found.headers[column] for column in columns if column in found.headers]
    return cells_of(headers)


def _count(finding: Finding, line: int) -> None:
    finding.rows += 1
    if len(finding.lines) < EXAMPLES:
        finding.lines.append(line)


def _differs(cost: Decimal | None, price: Decimal | None, quantity: Decimal) -> bool:
    if cost is None or price is None:
        return False
    return abs(cost - price * quantity) > _TOLERANCE * max(abs(cost), Decimal(1))


def _has_rows(finding: Finding) -> bool:
    return finding.rows > 0


def _count_of(level: Level, findings: list[Finding]) -> int:
    return sum(finding.rule.level == level for finding in findings)


def _told(finding: Finding) -> dict[str, Any]:
    rule = finding.rule
    return {
        "rule": rule.name,
        "level": rule.level,
        "column": rule.column,
        "says": rule.says,
        "rows": finding.rows,
        "lines": finding.lines,
    }
