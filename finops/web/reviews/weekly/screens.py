"""A review's document, arranged into the six screens that a meeting goes through.

Everything here is a pure function of the document, so that a closed review shows what was read and
nothing else. Amounts stay the decimal strings that the document holds; templates write them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from finops.models import Decision
from finops.reviews.deciding import CHOICES, CHOICES_FOR
from finops.reviews.document import SECTIONS, ActionRow, DecisionRow, Document
from finops.web.bullets import Bullet, bullet

#: Minutes that a meeting of thirty gives each section.
MINUTES: Final = (2, 3, 15, 5, 3, 2)
WHERE_WE_STAND, LAST_ACTIONS, WORKFLOWS, BUDGETS, NEWS, READ_BACK = range(1, 7)
#: How many rows a screen holds at once: on a page that scrolls, and on a projector's that must not.
PER_PAGE: Final = 20
PER_PROJECTED_PAGE: Final = 4
#: What is read back at once on a projector, where nothing scrolls.
PROJECTED_DECISIONS: Final = 7
PROJECTED_ACTIONS: Final = 3
_UNDECIDED: Final[DecisionRow] = {
    "subject_kind": "",
    "subject": "",
    "subject_name": "",
    "choice": "",
    "choice_label": "",
    "choice_by": "",
    "choice_at": None,
    "sentence": "",
    "sentence_by": "",
    "sentence_at": None,
    "assignee": None,
}


class Step(NamedTuple):
    """A section in the list of progress: ``decided`` of ``rows`` rows, where rows are decided."""

    number: int
    title: str
    minutes: int
    decided: int
    rows: int


@dataclass(frozen=True)
class Item:
    """A row that the meeting decides about, with what it decided and promised.

    ``dom`` names its place on the page; it stays the same when rows change places.
    """

    dom: str
    row: Mapping[str, Any]
    decision: DecisionRow
    actions: Sequence[ActionRow]
    choices: Sequence[tuple[str, str]]
    budget_href: str
    bullet: Bullet | None = None

    @property
    def is_decided(self) -> bool:
        """Say whether somebody chose."""
        return bool(self.decision["choice"])


def items_of(document: Document, screen: int) -> list[Item]:
    """Give the rows of a screen that are decided about; none on the other screens."""
    if screen == WORKFLOWS:
        return _items(document, document["workflows"]["rows"])
    if screen == BUDGETS:
        return _items(document, document["budgets"])
    if screen == NEWS:
        return _items(document, document["news"]["rows"])
    return []


def progress(document: Document) -> list[Step]:
    """Give the six sections, and how far each is."""
    counted = {screen: items_of(document, screen) for screen in (WORKFLOWS, BUDGETS, NEWS)}
    return [
        Step(
            number,
            title,
            MINUTES[number - 1],
            sum(item.is_decided for item in counted.get(number, ())),
            len(counted.get(number, ())),
        )
        for number, title in enumerate(SECTIONS, start=1)
    ]


def dom_of(kind: str, subject: str) -> str:
    """Name a row's place on the page, whatever letters its subject has."""
    return f"row-{sha256(f'{kind}:{subject}'.encode()).hexdigest()[:12]}"


def first_undecided(items: Iterable[Item]) -> str:
    """Give the place of the row to talk about next; empty when all are decided."""
    return next((item.dom for item in items if not item.is_decided), "")


def decided(document: Document) -> list[DecisionRow]:
    """Give the decisions and sentences there are, in the order in which the rows are read."""
    order = {
        (item.row["subject_kind"], item.row["subject"]): place
        for place, item in enumerate(
            item for screen in (WORKFLOWS, BUDGETS, NEWS) for item in items_of(document, screen)
        )
    }
    said = [row for row in document["read_back"]["decisions"] if row["choice"] or row["sentence"]]
    last = len(order)
    return sorted(said, key=lambda row: order.get((row["subject_kind"], row["subject"]), last))


def _items(document: Document, rows: Sequence[Mapping[str, Any]]) -> list[Item]:
    decisions = {
        (row["subject_kind"], row["subject"]): row for row in document["read_back"]["decisions"]
    }
    promised = document["read_back"]["actions"]
    currency = document["review"]["currency"]
    return [_item(row, decisions, promised, currency) for row in rows]


def _item(
    row: Mapping[str, Any],
    decisions: Mapping[tuple[str, str], DecisionRow],
    promised: Sequence[ActionRow],
    currency: str,
) -> Item:
    kind, subject = row["subject_kind"], row["subject"]
    return Item(
        dom=dom_of(kind, subject),
        row=row,
        decision=decisions.get((kind, subject), _UNDECIDED),
        actions=[a for a in promised if (a["subject_kind"], a["subject"]) == (kind, subject)],
        choices=[(choice, CHOICES[choice]) for choice in CHOICES_FOR[kind]],
        budget_href=_budget_href(kind, subject),
        bullet=_bullet(row, currency) if kind == Decision.BUDGET else None,
    )


def _bullet(row: Mapping[str, Any], currency: str) -> Bullet:
    return bullet(
        actual=Decimal(row["actual"]),
        yellow=_amount(row["yellow"]),
        red=_amount(row["red"]),
        planned=_amount(row["planned"]),
        forecast_mid=_amount(row["forecast_mid"]),
        status=row["status"],
        currency=currency,
    )


def _budget_href(kind: str, subject: str) -> str:
    """Give where a row's budget is changed, or set when it has none of its own."""
    if kind == Decision.BUDGET:
        return reverse("budget-edit", args=[subject])
    dimension, value = (
        (Decision.WORKFLOW, subject) if kind == Decision.WORKFLOW else subject.split(":", 1)
    )
    return f"{reverse('budget-new')}?{urlencode({dimension: value})}"


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
