"""Who hears about what: owners, those who asked to, and whoever stands in for somebody who left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from finops.attribution.values import spellings
from finops.models import AlertSettings, Budget, Cap, DimensionValue, Person

#: Why somebody is told; messages say it in their last line.
OWNER, RECIPIENT, STAND_IN, WORKFLOW_OWNER, LEADERSHIP = (
    "owner",
    "recipient",
    "stand_in",
    "workflow_owner",
    "leadership",
)
#: Who stands in when there is no owner, and who leads when nobody was named.
_STAND_INS: Final = ("finance", "admin")
_LEADERS: Final = ("executive", "finance", "admin")
_KEEPERS_OF_CAPS: Final = ("engineering", "finance", "admin")


class Hearer(NamedTuple):
    """Somebody who is told: an e-mail address, and why."""

    address: str
    why: str


def hearers_of(budget: Budget) -> list[Hearer]:
    """List who is told about a budget, each once: its owner, then whom it names.

    Addresses of people who left are left out; for an owner who left or is missing stands the
    escalation person, else all finance people, else all admins.
    """
    if _is_here(budget.owner):
        found = [Hearer(budget.owner.email, OWNER)]  # type: ignore[union-attr]  # is here
    else:
        stand_ins = _named_leader(budget) or _everybody(_STAND_INS, sample=budget.is_sample)
        found = _hearers(stand_ins, STAND_IN)
    found += [Hearer(address, RECIPIENT) for address in budget.recipients]
    return _each_once(found)


def hearers_of_cap(cap: Cap) -> list[Hearer]:
    """List who is told about runs beyond a cap: the workflow's owners, else all engineers."""
    described = DimensionValue.objects.filter(
        dimension="workflow", value__in=spellings("workflow", cap.workflow)
    ).select_related("technical_owner", "business_owner")
    owners = [
        owner
        for value in described
        for owner in (value.technical_owner, value.business_owner)
        if _is_here(owner)
    ]
    if owners:
        return _each_once(_hearers(owners, WORKFLOW_OWNER))
    return _each_once(_hearers(_everybody(_KEEPERS_OF_CAPS, sample=cap.is_sample), STAND_IN))


def leaders_of(budget: Budget) -> list[Hearer]:
    """List who is told when red is escalated: whom the budget names, else the organisation.

    Without either everybody of the role executive, else finance, else the admins.
    """
    leaders = _named_leader(budget) or _everybody(_LEADERS, sample=budget.is_sample)
    return _each_once(_hearers(leaders, LEADERSHIP))


def name_of(address: str) -> str:
    """Give the name of whoever has an address; the address itself for people from outside."""
    person = Person.objects.filter(email=address.lower()).first()
    return str(person) if person else address


def _named_leader(budget: Budget) -> list[Person]:
    for leader in (budget.escalate_to, AlertSettings.current().escalate_to):
        if leader is not None and leader.is_active:
            return [leader]
    return []


def _everybody(roles: Iterable[str], *, sample: bool) -> list[Person]:
    """List the people of the first role that somebody has.

    Sample people hear about sample budgets; about others only while there is nobody else.
    """
    for role in roles:
        people = list(Person.objects.filter(role=role, is_active=True).order_by("pk"))
        if people:
            return [one for one in people if one.is_sample == sample] or people
    return []


def _is_here(person: Person | None) -> bool:
    return person is not None and person.is_active


def _hearers(people: Iterable[Person | None], why: str) -> list[Hearer]:
    return [Hearer(person.email, why) for person in people if person is not None]


def _each_once(found: Iterable[Hearer]) -> list[Hearer]:
    """Keep the first of every address, and nobody who left."""
    first: dict[str, Hearer] = {}
    for hearer in found:
        address = hearer.address.strip().lower()
        first.setdefault(address, Hearer(address, hearer.why))
    gone = Person.objects.filter(is_active=False, email__in=first)
    left = set(gone.values_list("email", flat=True))
    return [hearer for address, hearer in first.items() if address not in left]
