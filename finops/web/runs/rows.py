"""A run as rows: one for each call, or for all repeats of a step where the run is long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from finops.domain import display
from finops.domain.chain import Fate, Place
from finops.domain.money import exact_sum
from finops.insights.run import RunSeen, end_of
from finops.rollups.runs import RunCall
from finops.web.runs.scale import Scale, of_money, of_time

By = Literal["dollars", "time"]

#: Up to this many calls a run is shown call by call.
ALL_SHOWN: Final = 60
#: A step with fewer calls after its first is not folded.
FOLDED_FROM: Final = 3
_ORDINALS: Final = (
    *("first", "second", "third", "fourth", "fifth"),
    *("sixth", "seventh", "eighth", "ninth", "tenth"),
)
_FAILURES: Final = {"error": "failed", "timeout": "timed out", "cancelled": "cancelled"}
#: The bar's class for each fate; calls without a price have no length of their own.
_BARS: Final = {Fate.FINE: "bar-ok", Fate.REPEATED: "bar-repeat", Fate.FAILED: "bar-failed"}


class Tag(NamedTuple):
    """A word beside a step's name; ``quiet`` ones are no warning."""

    text: str
    quiet: bool


class Bar(NamedTuple):
    """A piece of a drawing: its class, and where it stands."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True)
class StepRow:
    """One row: a call, or the folded repeats of a step; ``cost`` is None without any price."""

    number: str
    calls: tuple[RunCall, ...]
    name: str
    models: str
    tags: tuple[Tag, ...]
    cost: Decimal | None
    running_total: Decimal
    took: Decimal | None
    bars: tuple[Bar, ...]
    flagged: bool

    @property
    def call(self) -> RunCall:
        """The call that the row leads to; of a folded row the dearest, the first among equals."""
        return max(self.calls, key=lambda call: call.cost or Decimal(0))

    @property
    def is_folded(self) -> bool:
        """Say whether it stands for several calls."""
        return len(self.calls) > 1


@dataclass(frozen=True)
class Steps:
    """All rows of a run and the scale behind their bars."""

    rows: tuple[StepRow, ...]
    scale: Scale
    is_folded: bool

    @property
    def flagged(self) -> list[StepRow]:
        """Only the rows with something to look at."""
        return [row for row in self.rows if row.flagged]


def steps_of(seen: RunSeen, *, by: By, expanded: Collection[str], currency: str) -> Steps:
    """Lay a run out in rows. ``expanded`` names steps that are shown call by call."""
    groups = _groups(seen.calls, expanded)
    scale = (
        of_money(exact_sum(call.cost or Decimal(0) for call in seen.calls), currency)
        if by == "dollars"
        else of_time(_milliseconds(seen.took.total_seconds()))
    )
    rows, total = [], Decimal(0)
    for group in groups:
        row = _row(seen, group, scale, by=by, before=total)
        total = row.running_total
        rows.append(row)
    return Steps(tuple(rows), scale, is_folded=any(len(group) > 1 for group in groups))


def _groups(calls: Sequence[RunCall], expanded: Collection[str]) -> list[list[int]]:
    """Group calls by their places: one each, but the repeats of a step of a long run together."""
    if len(calls) <= ALL_SHOWN:
        return [[place] for place in range(len(calls))]
    often = Counter(call.step or "" for call in calls)
    folded = {step for step, count in often.items() if count > FOLDED_FROM and step not in expanded}
    groups: list[list[int]] = []
    repeats: dict[str, list[int]] = {}
    for place, call in enumerate(calls):
        step = call.step or ""
        if step not in folded or often[step] > 0:
            groups.append([place])
            often[step] = 0
        elif step in repeats:
            repeats[step].append(place)
        else:
            repeats[step] = [place]
            groups.append(repeats[step])
    return groups


def _row(seen: RunSeen, group: Sequence[int], scale: Scale, *, by: By, before: Decimal) -> StepRow:
    calls = tuple(seen.calls[place] for place in group)
    places = [seen.places[place] for place in group]
    priced = [call.cost for call in calls if call.cost is not None]
    spent = exact_sum(priced)
    models = list(dict.fromkeys(call.model for call in calls))
    tags = _tags(calls[0], places[0], seen) if len(calls) == 1 else _tags_of_many(calls, places)
    return StepRow(
        number=display.number(group[0] + 1),
        calls=calls,
        name=calls[0].step or "Unnamed step",
        models=models[0] if len(models) == 1 else f"{display.number(len(models))} models",
        tags=tuple(tags),
        cost=spent if priced else None,
        running_total=exact_sum((before, spent)),
        took=_took(calls),
        bars=tuple(
            _money_bars(calls, places, scale, before)
            if by == "dollars"
            else _time_bar(seen, calls, places, scale)
        ),
        flagged=any(place.fate is not Fate.FINE for place in places) or len(priced) < len(calls),
    )


def _tags(call: RunCall, place: Place, seen: RunSeen) -> list[Tag]:
    """Say in words what its colour says, and what else is not as usual."""
    tags = []
    if place.fate is Fate.FAILED:
        tags.append(Tag(_FAILURES[call.status], quiet=False))
    if call.attempt > 1:
        tags.append(Tag(attempt(call.attempt), quiet=place.fate is not Fate.REPEATED))
    elif place.fate is Fate.REPEATED:
        tags.append(Tag(f"repeat {display.number(place.nth)}", quiet=False))
    if call.status == "cached":
        tags.append(Tag("from cache", quiet=True))
    if call.cost is None:
        tags.append(Tag("no price", quiet=False))
    if seen.spans_workflows:
        tags.append(Tag(call.workflow or "no workflow", quiet=True))
    return tags


def _tags_of_many(calls: Sequence[RunCall], places: Sequence[Place]) -> list[Tag]:
    fates = Counter(place.fate for place in places)
    unpriced = sum(1 for call in calls if call.cost is None)
    counts = (
        (fates[Fate.REPEATED], "repeated"),
        (fates[Fate.FAILED], "failed"),
        (unpriced, "without a price"),
    )
    return [Tag(f"{display.number(count)} {word}", quiet=False) for count, word in counts if count]


def attempt(number: int) -> str:
    """Write which attempt it is: ``second attempt``, ``attempt 14``."""
    return f"{_ORDINALS[number - 1]} attempt" if number <= len(_ORDINALS) else f"attempt {number}"


def _took(calls: Sequence[RunCall]) -> Decimal | None:
    known = [call.latency_ms for call in calls if call.latency_ms is not None]
    return sum((Decimal(str(latency)) for latency in known), Decimal(0)) if known else None


def _money_bars(
    calls: Sequence[RunCall], places: Sequence[Place], scale: Scale, before: Decimal
) -> list[Bar]:
    """Draw what the row cost from where the last ended, in pieces by fate."""
    bars, start = [], before
    for fate in Fate:
        amounts = [
            call.cost or Decimal(0)
            for call, place in zip(calls, places, strict=True)
            if place.fate is fate
        ]
        if amounts:
            length = exact_sum(amounts)
            kind = _BARS[fate] if length or fate is not Fate.FINE else "bar-free"
            bars.append(Bar(kind, *scale.bar(start, length)))
            start = exact_sum((start, length))
    return bars


def _time_bar(
    seen: RunSeen, calls: Sequence[RunCall], places: Sequence[Place], scale: Scale
) -> list[Bar]:
    """Draw from when the row's first call began to when its last was answered."""
    begin = _milliseconds((calls[0].started - seen.run.started).total_seconds())
    end = _milliseconds((max(map(end_of, calls)) - seen.run.started).total_seconds())
    ((usual, _),) = Counter(place.fate for place in places).most_common(1)
    return [Bar(_BARS[usual], *scale.bar(begin, end - begin))]


def _milliseconds(seconds: object) -> Decimal:
    return Decimal(str(seconds)) * 1000
