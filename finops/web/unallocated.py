"""Which dollars have no owner, and the way to give each of them one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone

from finops.access.rights import Right, may
from finops.domain import display
from finops.domain.dimensions import UNALLOCATED
from finops.figures.coverage import draw, finding
from finops.insights.coverage import BASES, GRAINS, OWNERS, CoverageQuestion, read_coverage_question
from finops.insights.unowned import Group, Trait, Unowned, unowned
from finops.models import Organization
from finops.web.asking import filter_bar
from finops.web.rights import needs

_BASES: Final = {"metered": "Metered", "billed": "Billed", "effective": "Effective cost"}
_SIGNS: Final = {"tag": "Tag", "resource": "Resource", "principal": "Principal"}
#: How long a name is suggested for a rule; the field takes more.
_NAME: Final = 120


@needs(Right.SEE)
def unallocated(request: HttpRequest) -> HttpResponse:
    """Show what nobody owns in a dimension: over time, in groups, each with *Assign*."""
    question = _asked(request)
    seen = unowned(question)
    assigning = _Assigning.of(request, question)
    context = {
        "question": question,
        "seen": seen,
        "coverage": seen.coverage,
        "figure": draw(seen.coverage),
        "finding": finding(seen.coverage),
        "form": _form(question),
        "chosen": _chosen(question),
        "headings": [name.replace("_", " ").capitalize() for name in _told_apart(question)],
        "groups": [_group(each, seen, assigning) for each in seen.groups],
        "traits": None
        if seen.traits is None
        else [_trait(each, seen, assigning) for each in seen.traits],
        "rows_are": "charges" if question.of_bills else "calls",
        "may_assign": assigning.is_possible,
        "left_out": _left_out(seen),
        "costs": _costs(question),
    }
    return render(request, "pages/unallocated/unallocated.html", context)


def _asked(request: HttpRequest) -> CoverageQuestion:
    """Read the address. Raises BadRequest (400) for one that makes no sense."""
    try:
        return read_coverage_question(
            dict(request.GET.lists()), now=timezone.now(), organization=Organization.current()
        )
    except ValueError as error:
        raise BadRequest(str(error)) from error


class _Assigning(NamedTuple):
    """Who looks, and what their rules may be about."""

    question: CoverageQuestion
    may_calls: bool
    may_charges: bool

    @classmethod
    def of(cls, request: HttpRequest, question: CoverageQuestion) -> _Assigning:
        person = request.user
        return cls(question, may(person, Right.CONNECT), may(person, Right.IMPORT_BILLS))

    @property
    def is_possible(self) -> bool:
        return self.may_charges if self.question.of_bills else self.may_calls

    def link(self, conditions: Mapping[str, str]) -> str:
        """Give the address of a rule that is filled in; empty where none can be."""
        asked = {name: value for name, value in conditions.items() if value}
        if not asked or not self.is_possible:
            return ""
        if self.question.of_bills and "tag" in asked and not self.may_calls:
            asked["account"] = "*"  # a rule that no call meets
        name = f"{self.question.dimension.capitalize()} of {', '.join(asked.values())}"[:_NAME]
        filled = {"name": name, "dimension": self.question.dimension, **asked, "history": "on"}
        return f"{reverse('rule-add')}?{urlencode(filled)}"


def _told_apart(question: CoverageQuestion) -> tuple[str, ...]:
    if question.of_bills:
        return ("account", "sub_account", "service")
    return ("source", "provider", "model")


def _group(group: Group, seen: Unowned, assigning: _Assigning) -> dict[str, Any]:
    return {
        "values": [group.values.get(name, "") for name in _told_apart(assigning.question)],
        "is_folded": not group.values,
        "groups": group.groups,
        "rows": group.rows,
        "cost": group.cost,
        "share": _share(group.cost, seen),
        "assign": assigning.link(group.values),
        "name": ", ".join(value for value in group.values.values() if value),
    }


def _trait(trait: Trait, seen: Unowned, assigning: _Assigning) -> dict[str, Any]:
    conditions = (
        {"tag": trait.key, "tag_value": trait.value}
        if trait.sign == "tag"
        else {trait.sign: trait.value}
    )
    return {
        "sign": f"{_SIGNS[trait.sign]} {trait.key}".strip(),
        "value": trait.value,
        "rows": trait.rows,
        "cost": trait.cost,
        "share": _share(trait.cost, seen),
        "assign": assigning.link(conditions),
    }


def _share(cost: Decimal | None, seen: Unowned) -> str:
    return display.share(cost or Decimal(0), seen.coverage.unowned.cost)


def _left_out(seen: Unowned) -> str:
    """Say which rows without an owner are in no amount, and why."""
    measures = seen.coverage.unowned
    if measures.unconverted_charges:
        rows = display.counted(measures.unconverted_charges, "charge")
        return f"{rows} without an owner are in a currency without an exchange rate."
    without = measures.unpriced_calls
    if without and not seen.coverage.question.of_bills:
        return f"{display.counted(without, 'call')} without an owner have no price."
    return ""


def _form(question: CoverageQuestion) -> dict[str, Any]:
    """Give what the form offers: periods, and the three switches."""
    return {
        "periods": filter_bar(question)["periods"],
        "switches": [
            ("dimension", "Owner", question.dimension, [(n, n.capitalize()) for n in OWNERS]),
            ("basis", "Cost", question.basis, [(name, _BASES[name]) for name in BASES]),
            ("grain", "Over time by", question.grain, [(n, n.capitalize()) for n in GRAINS]),
        ],
        "kept": [(name, value) for name, values in question.filters.items() for value in values],
    }


def _chosen(question: CoverageQuestion) -> list[dict[str, str]]:
    """List the filters that hold, each with the address without it."""
    chosen = []
    for name, values in question.filters.items():
        others = {key: each for key, each in question.filters.items() if key != name}
        words = ", ".join("Not attributed" if each == UNALLOCATED else each for each in values)
        chosen.append(
            {"name": name, "words": words, "without": f"?{question.keeping(others).query}"}
        )
    return chosen


def _costs(question: CoverageQuestion) -> str:
    """Give the address of the same dollars in the costs explorer."""
    asked = [
        ("by", question.dimension),
        ("basis", question.basis),
        ("period", question.period.key),
        *((name, value) for name, values in question.filters.items() for value in values),
    ]
    return f"{reverse('costs')}?{urlencode(asked)}"


urlpatterns = [path("", unallocated, name="unallocated")]
