"""What finance and the meetings of the demo company did, told day by day through the real paths.

Every day is looked at with the calls that there were by then, so that lines are crossed when they
were crossed, people are told then, and every review reads what it would have read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, partial
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Q

from finops.alerts.acknowledging import acknowledge
from finops.alerts.raising import raise_due
from finops.budgets.checks import Line
from finops.budgets.editing import create, revise, together
from finops.budgets.evaluate import evaluate_all
from finops.budgets.judgements import accept_share
from finops.caps.check import check_caps
from finops.caps.setting import set_caps
from finops.domain.periods import day_start, month_of
from finops.domain.windows import Window
from finops.models import (
    Action,
    Alert,
    Budget,
    Cap,
    CapViolation,
    Decision,
    Delivery,
    Organization,
    Person,
    Review,
)
from finops.reviews import actions, closing, deciding, preparing
from finops.reviews.document import Document
from finops.reviews.reading import read
from finops.reviews.refusals import Refused
from finops.rollups.spend import total
from ingest.demo.lines import BUDGETS, DRAWN_DAYS_AGO, SampleBudget
from ingest.demo.meetings import (
    BEGINS,
    LASTS,
    MEETINGS,
    NOTES,
    OTHERS,
    PROMISES,
    Moment,
    Promise,
    Said,
)
from ingest.demo.meetings import BUDGETS as ABOUT_BUDGETS
from ingest.demo.meetings import WORKFLOWS as ABOUT_WORKFLOWS
from ingest.demo.people import PEOPLE
from ingest.demo.removal import Removal
from ingest.demo.story import SAMPLE, Story

#: The workflow whose runs are capped, at how many dollars, and for how many days now.
CAPPED: Final = ("contract-review-agent", Decimal(25), 40)
#: Who comes to the meetings, by role.
ATTEND: Final = ("finance", "engineering", "datascience", "executive")
#: For how many days before the end every evening is looked at; before that, Sundays alone.
EVENINGS: Final = 24
_EVENING: Final = timedelta(hours=23, minutes=50)
_DAY: Final = timedelta(days=1)


class Event(NamedTuple):
    """Something that happened at an instant."""

    at: datetime
    happen: Callable[[datetime], None]


def load(story: Story) -> None:
    """Tell the story from the first line to the last meeting, in one transaction, once."""
    if Budget.objects.filter(is_sample=True).exists():
        return
    with transaction.atomic():
        governance = Governance(story)
        for event in sorted(governance.events(), key=lambda event: event.at):
            event.happen(event.at)
        governance.look(story.calendar.now)
        # Nobody lives at these addresses: the mails are kept to be read, whatever server is set.
        told = Delivery.objects.filter(queued_at__lte=story.calendar.now)
        told.filter(Q(alert__is_sample=True) | Q(alert=None)).update(
            is_sample=True, state=Delivery.KEPT
        )


def remove(story: Story, removal: Removal) -> Iterator[str]:
    """Remove all of it but for budgets whose lines somebody has drawn anew."""
    Delivery.objects.filter(is_sample=True).delete()
    Alert.objects.filter(is_sample=True).delete()
    Cap.objects.filter(is_sample=True).delete()
    Action.objects.filter(is_sample=True).delete()
    Review.objects.filter(Q(is_sample=True) | Q(started_at=None, version=0)).delete()
    for budget in Budget.objects.filter(is_sample=True).order_by("name"):
        if budget.revisions.exclude(set_by=SAMPLE).exists():
            Budget.objects.filter(pk=budget.pk).update(is_sample=False)
            yield f"budget {budget.name}: somebody has drawn its lines anew"
        else:
            budget.delete()


@dataclass(frozen=True)
class Governance:
    """Who did what when; amounts come from what the calls cost."""

    story: Story

    @cached_property
    def people(self) -> dict[str, Person]:
        """The six people, by role."""
        roles = {person.email: person.role for person in PEOPLE}
        found = Person.objects.filter(is_sample=True, email__in=roles)
        return {roles[person.email]: person for person in found}

    @cached_property
    def today(self) -> date:
        """The last day of the story."""
        return self.story.calendar.now.astimezone(Organization.current().zone).date()

    @property
    def mondays(self) -> list[date]:
        """The days of the meetings, the last one first; never today: it is still to come."""
        last = self.today - (self.today.weekday() or 7) * _DAY
        return [last - n * 7 * _DAY for n in range(MEETINGS)]

    def events(self) -> Iterator[Event]:
        """List everything that happened, in no order."""
        yield Event(self._at(self.today - DRAWN_DAYS_AGO * _DAY, BEGINS), self.draw)
        tightened = max(self._at(month_of(self.today), BEGINS), self._at(self.today - 20 * _DAY))
        yield Event(min(tightened, self.story.calendar.now), self.tighten)
        yield Event(self._at(self.today - CAPPED[2] * _DAY, BEGINS), self.cap)
        yield Event(self.story.calendar.runaway + timedelta(hours=4), self.find_runaways)
        for ago in range(1, DRAWN_DAYS_AGO):
            day = self.today - ago * _DAY
            if ago <= EVENINGS or day.weekday() == 6:
                yield Event(self._at(day, _EVENING), self.look)
        for number, monday in enumerate(self.mondays):
            yield Event(self._at(monday, BEGINS), partial(self.meet, number))
        for promise in PROMISES:
            if (at := self._ended(promise)) and at < self.story.calendar.now:
                yield Event(at, partial(self.end, promise))

    # --- finance ------------------------------------------------------------------------------

    def draw(self, at: datetime) -> None:
        """Draw the first lines of all budgets."""
        with together(at, before=at):
            for sample in BUDGETS:
                saved = create(
                    name=sample.name,
                    scope=sample.scope,
                    period=sample.period,
                    lines=self._lines(sample),
                    effective_from=month_of(at.date()),
                    owner=self.people[sample.owner],
                    recipients=sample.recipients,
                    workflow_share=Decimal(sample.share) if sample.share else None,
                    is_sample=True,
                    now=at,
                    by=SAMPLE,
                )
                if sample.accepted:
                    workflow, limit, why = sample.accepted
                    accept_share(
                        saved.budget, workflow, limit=Decimal(limit), reason=why, now=at, by=SAMPLE
                    )

    def tighten(self, at: datetime) -> None:
        """Draw other lines from this month on, where finance agreed on them."""
        with together(at, before=at):
            for sample in BUDGETS:
                if sample.tightened is None:
                    continue
                usual, so_far = self._usual(sample), self._so_far(sample)
                yellow, red = map(_rounded, sample.tightened.lines(usual, so_far))
                revise(
                    Budget.objects.get(name=sample.name, is_sample=True),
                    lines=[Line(yellow=yellow, red=max(red, yellow))],
                    effective_from=month_of(self.today),
                    reason=sample.tightened.reason,
                    now=at,
                    by=SAMPLE,
                )

    def look(self, at: datetime) -> None:
        """See where all budgets stand with the calls that there are by now; tell who must know."""
        evaluate_all(at, before=at)
        if raise_due(at):
            self._acknowledge(at)

    def cap(self, at: datetime) -> None:
        """Cap the runs of the dearest agent."""
        workflow, dollars, _ = CAPPED
        set_caps(workflow, {"run_cost": dollars}, reason="Ten times the usual.", by=SAMPLE, now=at)

    def find_runaways(self, at: datetime) -> None:
        """Hold the runs against the cap, in the morning after the night of the runaways."""
        Cap.objects.filter(set_by=SAMPLE).update(is_sample=True)
        check_caps(at)
        # The story is told at once: its runs are as new to the cap as those of years ago.
        CapViolation.objects.filter(cap__is_sample=True).update(alerted_at=None)
        raise_due(at)

    def _acknowledge(self, at: datetime) -> None:
        """Let engineering say within minutes that it looks into whatever turned red."""
        for alert in Alert.objects.filter(severity=Alert.RED, acknowledged_at=None, raised_at=at):
            acknowledge(
                alert.pk,
                by=self.people["engineering"].name,
                note="Looking into it.",
                now=at + timedelta(minutes=9),
            )

    # --- the meetings -------------------------------------------------------------------------

    def meet(self, number: int, at: datetime) -> None:
        """Hold a weekly review from start to close."""
        self.look(at)
        chair = self.people["finance"]
        review = preparing.start(by=chair, now=at)
        attendees = [self.people[role] for role in ATTEND]
        deciding.attend(review, chair=chair, attendees=attendees)
        document = read(review, at)
        self._decide(review, document, number, at)
        for moment, section, text in NOTES:
            if self._number(moment) == number:
                deciding.write_note(review, section, text, seen=0, by=chair, now=at)
        for function in ("finance", "engineering", "datascience"):
            deciding.confirm(review, function, by=self.people[function], now=at + LASTS)
        Review.objects.filter(pk=review.pk).update(is_sample=True)
        closing.close(review, by=chair, now=at + LASTS)

    def end(self, promise: Promise, at: datetime) -> None:
        """Tick an action off, or drop it."""
        action = Action.objects.filter(is_sample=True, what=promise.what).first()
        if action is None:
            return  # the meeting that took it down read another week
        owner = self.people[promise.owner]
        if promise.dropped:
            actions.drop(action.pk, note=promise.note, by=owner, now=at)
        else:
            actions.finish(action.pk, note=promise.note, by=owner, now=at)

    def _decide(self, review: Review, document: Document, number: int, at: datetime) -> None:
        chair = self.people["finance"]
        for row in document["workflows"]["rows"]:
            said = self._said(row["subject"], number)
            decision = _say(review, Decision.WORKFLOW, row["subject"], said, chair, at)
            self._promise(review, decision, row["subject"], number, at)
        for budget in document["budgets"]:
            said = ABOUT_BUDGETS.get(budget["status"], ABOUT_BUDGETS["yellow"])
            _say(review, Decision.BUDGET, budget["subject"], said, chair, at)
        for new in document["news"]["rows"][:2]:
            with suppress(Refused):
                found = deciding.subject(new["subject_kind"], new["subject"])
                owner = self.people["datascience"]
                deciding.assign(review, found, owner, by=chair, now=at)

    def _promise(
        self, review: Review, decision: Decision, workflow: str, number: int, at: datetime
    ) -> None:
        for promise in PROMISES:
            if (self._number(promise.meeting), promise.workflow) == (number, workflow):
                action = actions.promise(
                    what=promise.what,
                    owner=self.people[promise.owner],
                    due=at.date() + promise.due * 7 * _DAY,
                    expected_saving=Decimal(promise.saving) if promise.saving else None,
                    workflow=workflow,
                    review=review,
                    decision=decision,
                    by=self.people["finance"],
                    now=at,
                )
                Action.objects.filter(pk=action.pk).update(is_sample=True)

    def _said(self, workflow: str, number: int) -> Said:
        found = ABOUT_WORKFLOWS.get(workflow, ())
        fits = (said for when, said in found if when is None or self._number(when) == number)
        return next(fits, OTHERS)

    def _number(self, moment: Moment) -> int:
        """Say which meeting it was, 0 for the last one; a negative one is still to come."""
        happened: datetime = getattr(self.story.calendar, moment.name)
        day = happened.astimezone(Organization.current().zone).date()
        first = day + (7 - day.weekday()) * _DAY
        return (self.mondays[0] - first).days // 7 - moment.later

    def _ended(self, promise: Promise) -> datetime | None:
        if isinstance(promise.ended, str):
            ended: datetime = getattr(self.story.calendar, promise.ended)
            return ended + timedelta(hours=16)
        if promise.ended is None:
            return None
        meeting = self.mondays[0] - 7 * self._number(promise.meeting) * _DAY
        return self._at(meeting + promise.ended * _DAY, timedelta(hours=16))

    # --- amounts ------------------------------------------------------------------------------

    def _lines(self, sample: SampleBudget) -> list[Line]:
        if sample.parts is None:
            return []
        usual = self._usual(sample) * sample.months
        yellow, red, planned = (_rounded(usual * Decimal(part)) for part in sample.parts)
        return [Line(yellow=yellow, red=red, planned=planned)]

    def _usual(self, sample: SampleBudget) -> Decimal:
        """Give what the scope cost in the last whole month."""
        until = month_of(self.today)
        return self._cost(sample, Window(month_of(until - _DAY), until))

    def _so_far(self, sample: SampleBudget) -> Decimal:
        return self._cost(sample, Window(month_of(self.today), self.today + _DAY))

    def _cost(self, sample: SampleBudget, window: Window) -> Decimal:
        return total(window, filters={name: [value] for name, value in sample.scope.items()}).cost

    def _at(self, day: date, after: timedelta = timedelta(0)) -> datetime:
        """Give an instant so long after a day began in the reporting zone."""
        return day_start(day, Organization.current().zone) + after


def _say(
    review: Review, kind: str, value: str, said: Said, chair: Person, at: datetime
) -> Decision:
    row = deciding.subject(kind, value)
    deciding.choose(review, row, said.choice, by=chair, now=at)
    return deciding.say(review, row, said.sentence, by=chair, now=at)


def _rounded(amount: Decimal) -> Decimal:
    """Round to what people draw: hundreds, or tens and units of small amounts."""
    step = Decimal(100) if amount >= 1_000 else Decimal(10) if amount >= 100 else Decimal(1)
    return max((amount / step).quantize(Decimal(1), ROUND_HALF_UP) * step, Decimal(1))
