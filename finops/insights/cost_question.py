"""What the costs explorer is asked: dimensions, grain and basis beside period and filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, Self
from urllib.parse import urlencode

from finops.domain.dimensions import DIMENSIONS, parse_dimensions
from finops.domain.measures import BILL_BASES
from finops.domain.periods import GRAINS, Grain
from finops.domain.windows import period
from finops.models import Organization
from finops.rollups.queries import BASES, Basis, Scope, choose
from finops.rollups.question import Question, read_question

Measure = Literal["cost", "calls", "unpriced"]
#: What a chart may show; each adds up over groups and over time.
MEASURES: Final = ("cost", "calls", "unpriced")
#: How many dimensions are combined at most.
MOST_DIMENSIONS: Final = 3
#: How many days of calls, or of hours, are read at most.
MOST_DAYS: Final = 31
#: What a page opens with.
_FIRST: Final = ("team",)


@dataclass(frozen=True)
class CostQuestion(Question):
    """A question with dimensions to group by, in order, a grain, a basis, and what to draw.

    Bases are what calls cost by the price book, what their sources said, and what bills charge in
    cash or as used; no sum ever holds two of them.
    """

    by: tuple[str, ...] = ()
    grain: Grain = "total"
    basis: Basis = "metered"
    measure: Measure = "cost"

    @property
    def query(self) -> str:
        """The query string that asks this again, without its ``?``."""
        pairs = [("by", ",".join(self.by))]
        pairs += [("grain", self.grain)] if self.grain != "total" else []
        pairs += [("basis", self.basis)] if self.basis != "metered" else []
        pairs += [("measure", self.measure)] if self.measure != "cost" else []
        return f"{urlencode(pairs, safe=',')}&{super().query}"

    @property
    def scope(self) -> Scope:
        """What is read; the API and the command answer the same for it."""
        return Scope(
            by=self.by,
            grain=self.grain,
            since=self.period.window.since,
            until=self.period.window.until,
            filters=self.filters,
            basis=self.basis,
        )

    @property
    def of_bills(self) -> bool:
        """Say whether bills answer, and not calls."""
        return self.scope.of_bills

    @property
    def reads_calls(self) -> bool:
        """Say whether no rollup can answer, so that every call of the period is read."""
        return choose(self.scope)[0] == "calls"

    @property
    def reaches_too_far(self) -> bool:
        """Say whether the period is longer than calls or hours are read for."""
        is_dear = self.reads_calls or self.grain == "hour"
        return is_dear and self.period.window.length > MOST_DAYS

    @property
    def open_dimensions(self) -> tuple[str, ...]:
        """The dimensions whose missing values stand apart: those not narrowed to certain values."""
        return tuple(name for name in self.by if name not in self.filters)

    def without(self, dimension: str, value: str | None = None) -> Self:
        """Ask the same without a filter, or without one of its values."""
        kept = [each for each in self.filters.get(dimension, ()) if value and each != value]
        others = {name: values for name, values in self.filters.items() if name != dimension}
        return replace(self, filters={**others, **({dimension: tuple(kept)} if kept else {})})

    def grouped_by(self, *by: str) -> Self:
        """Ask for the whole period by other dimensions."""
        return replace(self, by=by, grain="total")

    def shortened(self) -> Self:
        """Ask for the last days of the period, as many as may be read."""
        last = self.period.window.last
        since = max(self.period.window.since, last - timedelta(days=MOST_DAYS - 1))
        return replace(
            self,
            period=period(f"{since}..{last}", self.now, self.zone, against=self.period.against),
        )


def read_cost_question(
    asked: Mapping[str, Sequence[str]], *, now: datetime, organization: Organization
) -> CostQuestion:
    """Read a query string (each name with all its values). Raises ValueError saying what is wrong.

    ``by`` may be repeated, hold several names, or be absent: then it is what a page opens with.
    Bills know neither hours nor calls: they are told by the day then, and in dollars.
    """
    plain = read_question(asked, now=now, organization=organization, filters=DIMENSIONS)
    grain, measure = _one_of(GRAINS, asked, "grain"), _one_of(MEASURES, asked, "measure")
    if (basis := _one_of(BASES, asked, "basis")) in BILL_BASES:
        grain, measure = "day" if grain == "hour" else grain, "cost"
    return CostQuestion(
        period=plain.period,
        organization=organization,
        now=now,
        filters=plain.filters,
        by=_dimensions(asked.get("by")),
        grain=grain,  # type: ignore[arg-type]  # checked above
        basis=basis,  # type: ignore[arg-type]  # likewise
        measure=measure,  # type: ignore[arg-type]  # likewise
    )


def _dimensions(texts: Sequence[str] | None) -> tuple[str, ...]:
    if texts is None:
        return _FIRST
    names = dict.fromkeys(
        name.strip() for text in texts for name in text.split(",") if name.strip()
    )
    found = parse_dimensions(",".join(names))
    if len(found) > MOST_DIMENSIONS:
        raise ValueError(f"at most {MOST_DIMENSIONS} dimensions are combined")
    return found


def _one_of(known: tuple[str, ...], asked: Mapping[str, Sequence[str]], name: str) -> str:
    """Read a choice; the first is the one that need not be named."""
    chosen = next((text for text in reversed(asked.get(name, ())) if text), known[0])
    if chosen not in known:
        raise ValueError(f"{name} is one of {', '.join(known)}, not {chosen[:40]!r}")
    return chosen
