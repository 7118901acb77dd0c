"""What a sheet would change: its rows by budget, held against those that are there; then saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, Literal

from finops.budgets import checks, editing
from finops.budgets.checks import Line
from finops.budgets.differences import Difference, dated, differences
from finops.budgets.lines import Schedule, schedules_of
from finops.budgets.refusals import BudgetRefused
from finops.budgets.scope import check_scope
from finops.budgets.sheet import SheetRow
from finops.models import Budget, Person

Action = Literal["new", "changed", "unchanged", "wrong"]
ACTIONS: Final[tuple[Action, ...]] = ("new", "changed", "unchanged", "wrong")
#: Columns that one budget has once, whatever its number of rows.
_ONCE: Final = ("basis", "period", "workflow_share", "owner", "recipients")


@dataclass
class Entry:
    """A budget of the sheet: its rows, what is stored under its name, and what would be done."""

    name: str
    rows: list[SheetRow]
    budget: Budget | None = None
    schedule: Schedule = field(default_factory=Schedule)
    scope: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    start: date | None = None
    owner: Person | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    changes: list[Difference] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def first(self) -> SheetRow:
        """The row that says what it is."""
        return self.rows[0]

    @property
    def action(self) -> Action:
        """What a save would do."""
        if self.errors or any(row.errors for row in self.rows):
            return "wrong"
        if self.budget is None:
            return "new"
        return "changed" if self.changes or self.settings else "unchanged"


@dataclass(frozen=True)
class Plan:
    """All of a sheet, in its order; it is carried out whole or not at all."""

    entries: Sequence[Entry]

    @property
    def can_be_saved(self) -> bool:
        """Tell whether nothing is wrong and something is to be done."""
        done = {entry.action for entry in self.entries}
        return "wrong" not in done and bool(done & {"new", "changed"})

    def count(self, action: Action) -> int:
        """Count what would be done so."""
        return sum(entry.action == action for entry in self.entries)

    @property
    def mark(self) -> str:
        """Give a mark of what was looked at: the same while neither sheet nor budgets change."""
        said = [
            (entry.name, entry.action, entry.budget and (entry.budget.pk, entry.budget.version))
            for entry in self.entries
        ]
        return sha256(repr(said).encode()).hexdigest()[:16]


def plan(rows: Iterable[SheetRow], *, now: datetime, person: Person, currency: str) -> Plan:
    """Hold a sheet against the budgets in use; a new budget without an owner gets ``person``."""
    entries: dict[str, Entry] = {}
    for row in rows:
        entries.setdefault(row.name.casefold(), Entry(row.name, [])).rows.append(row)
    known = _known(entries)
    schedules = schedules_of(known.values())
    people = _people(entries.values())
    for key, entry in entries.items():
        entry.budget = known.get(key)
        if entry.budget is not None:
            entry.schedule = schedules[entry.budget.pk]
        try:
            _settle(entry, people, person, now, currency)
        except BudgetRefused as error:
            entry.errors.append(str(error))
    return Plan(list(entries.values()))


def carry_out(found: Plan, *, reason: str, now: datetime, by: str) -> int:
    """Save a plan whole; gives how many budgets were made or changed.

    Raises BudgetRefused, saying of which budget, and ChangedMeanwhile; nothing is saved then.
    """
    done = 0
    with editing.together(now):
        for entry in found.entries:
            try:
                done += _save(entry, reason, now, by)
            except BudgetRefused as error:
                message = f"Row {entry.first.line}, {entry.name}: {error}"
                raise BudgetRefused(error.field, message) from error
    return done


# --- looking -------------------------------------------------------------------------------------


def _known(names: Iterable[str]) -> dict[str, Budget]:
    wanted = set(names)
    rows = Budget.objects.filter(stopped_from=None).select_related("owner")
    return {name: row for row in rows if (name := row.name.casefold()) in wanted}


def _people(entries: Iterable[Entry]) -> dict[str, Person]:
    wanted = {row.texts.get("owner", "").lower() for entry in entries for row in entry.rows}
    return {each.email: each for each in Person.objects.filter(email__in=wanted - {""})}


def _settle(
    entry: Entry, people: Mapping[str, Person], person: Person, now: datetime, currency: str
) -> None:
    """Work out what an entry would do. Raises BudgetRefused."""
    first = entry.first
    for name in _ONCE:
        if any(row.texts.get(name) != first.texts.get(name) for row in entry.rows[1:]):
            raise BudgetRefused(name, f"Its rows differ in {name}. Give each the same.")
    if any(row.scope != first.scope for row in entry.rows[1:]):
        raise BudgetRefused("scope", "Its rows cover different things. Give each its own name.")
    checks.check_kinds(first.texts["basis"], first.texts["period"])
    entry.scope = check_scope(first.scope)
    _check_same(entry)
    if any(row.errors for row in entry.rows):
        return
    _draw(entry, now)
    entry.owner = _owner(entry, people, person)
    if entry.budget is not None:
        entry.settings = _settings(entry, entry.budget)
        share = first.workflow_share
        if "workflow_share" not in first.texts:
            share = entry.schedule.lines(entry.lines[0].starts or editing.today(now)).workflow_share
        new = dated(entry.lines, entry.lines[0].starts or editing.today(now), share)
        entry.changes = differences(entry.schedule, new, currency)
    checks.check_recipients(first.recipients)


def _check_same(entry: Entry) -> None:
    """Refuse another scope or period for a budget that is there: that is another budget."""
    budget, first = entry.budget, entry.first
    if budget is None:
        return
    given = entry.scope, first.texts["period"], first.texts["basis"]
    if given != (dict(budget.scope), budget.period, budget.basis):
        message = "A budget of this name covers something else. Another scope needs another name."
        raise BudgetRefused("scope", message)


def _draw(entry: Entry, now: datetime) -> None:
    """Put the rows' lines in order of their days, each from the start of its period."""
    kind = entry.first.texts["period"]
    lines = [
        Line(
            **row.amounts,
            starts=checks.period_of(kind, row.effective_from or editing.today(now)).start,
        )
        for row in entry.rows
    ]
    first = min(line.starts for line in lines if line.starts)
    entry.lines, entry.start = checks.check_lines(lines, first), first


def _owner(entry: Entry, people: Mapping[str, Person], person: Person) -> Person | None:
    address = entry.first.texts.get("owner", "").lower()
    if not address:
        return entry.budget.owner if entry.budget else person
    if address not in people:
        raise BudgetRefused("owner", f"Nobody signs in as {address[:80]}. Invite them first.")
    return checks.check_person("owner", people[address])


def _settings(entry: Entry, budget: Budget) -> dict[str, Any]:
    """Find what changes besides lines; an empty cell leaves it as it is."""
    found: dict[str, Any] = {}
    if entry.owner != budget.owner:
        found["owner"] = entry.owner
    recipients = checks.check_recipients(entry.first.recipients)
    if recipients and recipients != budget.recipients:
        found["recipients"] = recipients
    return found


# --- saving --------------------------------------------------------------------------------------


def _save(entry: Entry, reason: str, now: datetime, by: str) -> int:
    """Make or change one budget; gives 1 when there was something to do."""
    if entry.action == "new":
        _create(entry, reason, now, by)
    elif entry.action == "changed":
        _change(entry, reason, now, by)
    return int(entry.action in {"new", "changed"})


def _create(entry: Entry, reason: str, now: datetime, by: str) -> None:
    first = entry.first
    editing.create(
        name=entry.name,
        scope=entry.scope,
        lines=entry.lines,
        basis=first.texts["basis"],
        period=first.texts["period"],
        effective_from=entry.start,
        workflow_share=_share(first),
        owner=entry.owner,
        recipients=first.recipients,
        reason=reason,
        now=now,
        by=by,
    )


def _change(entry: Entry, reason: str, now: datetime, by: str) -> None:
    budget = entry.budget
    assert budget is not None  # only what is there can change
    seen = budget.version
    if entry.settings:
        editing.change(budget, now=now, by=by, seen=seen, **entry.settings)
        seen = budget.version
    if entry.changes:
        share = entry.first.workflow_share
        editing.revise(
            budget,
            lines=[replace(line) for line in entry.lines],
            effective_from=entry.start,
            workflow_share=share if "workflow_share" in entry.first.texts else editing.USUAL,
            reason=reason,
            reason_required=True,
            now=now,
            by=by,
            seen=seen,
        )


def _share(row: SheetRow) -> Decimal | Any:
    """Give the share of a new budget: the usual one unless the sheet says another, or off."""
    said = row.texts.get("workflow_share", "").casefold()
    if not said:
        return editing.USUAL
    return row.workflow_share
