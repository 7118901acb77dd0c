"""Who may do what: the table of roles and rights, and the one question asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from finops.models import Person

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class Right(StrEnum):
    """One row of the table: something that some roles may do and others may not."""

    SEE = "see pages"
    SEE_MARGIN = "see revenue and margin"
    TAKE_PART = "take part in reviews"
    CONNECT = "connect sources, import usage, edit rules and dimension values"
    IMPORT_BILLS = "import bills, assign charges and cap agents"
    PROPOSE_PRICES = "propose prices and file model evidence"
    SET_MONEY = "set prices, budgets and shared cost, price again, close months"
    ADMINISTER = "administer people, keys and the organisation"


_EVERYBODY: Final = frozenset({Right.SEE})
_TAKES_PART: Final = _EVERYBODY | {Right.TAKE_PART, Right.SEE_MARGIN}

RIGHTS: Final[Mapping[str, frozenset[Right]]] = {
    "viewer": _EVERYBODY,
    "executive": _TAKES_PART,
    "engineering": _TAKES_PART | {Right.CONNECT, Right.IMPORT_BILLS, Right.PROPOSE_PRICES},
    "datascience": _TAKES_PART | {Right.PROPOSE_PRICES},
    "finance": _TAKES_PART | {Right.IMPORT_BILLS, Right.PROPOSE_PRICES, Right.SET_MONEY},
    "admin": frozenset(Right),
}
#: What each role is called on a page.
ROLE_NAMES: Final[Mapping[str, str]] = {
    "viewer": "Viewer",
    "executive": "Executive",
    "engineering": "Engineering",
    "datascience": "Data science",
    "finance": "Finance",
    "admin": "Admin",
}


def may(person: Person | AnonymousUser, right: Right) -> bool:
    """Say whether a person has a right. Nobody, and whoever has left, has none."""
    if not isinstance(person, Person) or not person.is_active:
        return False
    return right in RIGHTS[person.role]


def roles_with(right: Right) -> list[str]:
    """Name the roles that have a right, for the page that refuses others."""
    return [ROLE_NAMES[role] for role, rights in RIGHTS.items() if right in rights]
