"""What a budget covers: everything, or the calls that have one value in each of some dimensions.

A scope keeps the values that people gave it. When one of them was merged into another value it is
read as that one, and renaming or archiving a value changes nothing but its words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from finops.attribution.values import finals, labels, spellings_of
from finops.budgets.refusals import BudgetRefused
from finops.domain.dimensions import DIMENSIONS, UNALLOCATED, parse_filter
from finops.models.dimensions import NAMED_DIMENSIONS

Scope = Mapping[str, str]

EVERYTHING: Final = "Everything"
#: How long a value may be; the ledger's own limit.
_LONGEST: Final = 500


def read_scope(pairs: Iterable[str]) -> dict[str, str]:
    """Read ``team=growth`` pairs. Raises BudgetRefused for what is no scope."""
    scope: dict[str, str] = {}
    for pair in pairs:
        try:
            dimension, value = parse_filter(pair)
        except ValueError as error:
            raise BudgetRefused("scope", f"{error}.") from error
        if dimension in scope:
            raise BudgetRefused("scope", f"A scope has one value for each {dimension}.")
        scope[dimension] = value
    return check_scope(scope)


def check_scope(scope: object) -> dict[str, str]:
    """Give a scope in the order of the dimensions. Raises BudgetRefused for what is none."""
    if not isinstance(scope, Mapping):
        raise BudgetRefused("scope", "A scope names a value for each of its dimensions.")
    for dimension, value in scope.items():
        if dimension not in DIMENSIONS:
            known = ", ".join(DIMENSIONS)
            raise BudgetRefused("scope", f"Choose dimensions from {known}, not {dimension!s:.40}.")
        _check_value(dimension, value)
    return {name: scope[name].strip() for name in DIMENSIONS if name in scope}


def _check_value(dimension: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise BudgetRefused("scope", f"Name one {dimension}, or {UNALLOCATED}.")
    if len(value) > _LONGEST or "\0" in value:
        raise BudgetRefused("scope", f"A {dimension} has 1 to {_LONGEST} letters.")


def final_scope(scope: Scope) -> dict[str, str]:
    """Give the scope as it is read: merged values stand for what they were merged into."""
    merged = finals(scope)
    return {name: merged.get(name, {}).get(value, value) for name, value in scope.items()}


def stored_values(scope: Scope) -> dict[str, list[str]]:
    """List, by dimension, the values of calls that a scope covers; the missing one is empty."""
    merged = finals(scope)
    return {
        name: spellings_of(["" if value == UNALLOCATED else value], merged.get(name, {}))
        for name, value in scope.items()
    }


def scope_words(scope: Scope) -> str:
    """Write a scope for people: ``Team Growth, model gpt-4o``; ``Everything``."""
    named = [
        f"{name} {labels(name).get(value, value) if name in NAMED_DIMENSIONS else value}"
        for name, value in final_scope(scope).items()
    ]
    text = ", ".join(named)
    return text[:1].upper() + text[1:] if text else EVERYTHING
