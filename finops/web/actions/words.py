"""What the Actions room says in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from finops.domain import display
from finops.models import Action
from finops.reviews.action_rows import expected, realised_so_far, within
from finops.reviews.document import ActionRow, Realised
from finops.web.kpis import Kpi
from finops.web.sentences import join

_UNITS: Final = {"run": "A run", "thousand_calls": "1,000 calls"}


class Saving(NamedTuple):
    """What an action saved, in a cell: the amount or why there is none, and a line under it."""

    amount: Decimal | None
    text: str
    under: str


def story(rows: Sequence[ActionRow], currency: str) -> SafeString:
    """Tell how promises stand: what open ones should save, and what finished ones did."""
    waiting = [row for row in rows if row["state"] == Action.OPEN]
    late = sum(1 for row in waiting if row["late"])
    if not rows:
        return mark_safe("Nobody has promised anything yet.")
    return join(_open(waiting, late, currency), _done(rows, currency))


def kpis(rows: Sequence[ActionRow], currency: str) -> list[Kpi]:
    """Give four numbers: open, expected, done, realised."""
    waiting = [row for row in rows if row["state"] == Action.OPEN]
    done = [row for row in rows if row["state"] == Action.DONE]
    late = sum(1 for row in waiting if row["late"])
    unknown = sum(1 for row in waiting if row["expected_saving"] is None)
    saved = realised_so_far(done)
    return [
        {
            "label": "Open actions",
            "value": display.number(len(waiting)),
            "note": f"{display.number(late)} late" if late else "none late",
        },
        {
            "label": "Expected, a month",
            "value": display.set_money(expected(waiting), currency),
            "note": f"{display.number(unknown)} not known yet" if unknown else "of the open ones",
        },
        {
            "label": "Done",
            "value": display.number(len(done)),
            "note": f"{_dropped(rows)} dropped" if _dropped(rows) else "",
        },
        {
            "label": "Realised so far",
            "value": display.money(saved, currency),
            "note": _band(saved, within(done), currency) if done else "nothing is done yet",
        },
    ]


def saving(row: ActionRow, currency: str) -> Saving:
    """Write what a finished action saved, or why nothing can be said."""
    found = row["realised"]
    if found is None:
        return Saving(None, "", "")
    if found["state"] != "estimate":
        return Saving(None, _unknown(row, found), "")
    amount, band = Decimal(found["amount"] or 0), Decimal(found["band"] or 0)
    text = display.money(amount, currency)
    under = f"± {display.money(band, currency)} in {display.counted(found['days'], 'day')}"
    if abs(amount) <= band:
        return Saving(amount, "No clear change", f"{text} {under}")
    return Saving(amount, text, under)


def explained(row: ActionRow, currency: str) -> str:
    """Say how an estimate comes about: what a unit cost, costs, and how many there were."""
    found = row["realised"]
    if found is None or found["state"] != "estimate" or found["unit"] is None:
        return ""
    before, since, volume = (
        Decimal(found[name] or 0)  # type: ignore[literal-required]  # names of Realised
        for name in ("unit_cost_before", "unit_cost_since", "volume")
    )
    costs = (
        f"{_UNITS[found['unit']]} cost {display.money(before, currency)} in the four weeks before "
        f"and {display.money(since, currency)} since"
    )
    count = display.number(volume.quantize(Decimal(1)))
    return f"{costs}, over {count} {'runs' if found['unit'] == 'run' else 'thousand calls'}."


def due(row: ActionRow) -> str:
    """Say how late an open action is; empty for one that is not."""
    return f"{display.counted(row['days_late'], 'day')} late" if row["late"] else ""


def expected_by_now(row: ActionRow) -> Decimal | None:
    """Give what was expected for the days since an action was done; None when nobody knew."""
    found = row["realised"]
    if found is None or row["expected_saving"] is None:
        return None
    by_day = Decimal(row["expected_saving"]) * 12 / 365
    return (by_day * found["days"]).quantize(Decimal("0.01"))


def day_of(text: str | None) -> date | None:
    """Read a day of a row."""
    return date.fromisoformat(text) if text else None


def _open(waiting: Sequence[ActionRow], late: int, currency: str) -> SafeString:
    if not waiting:
        return mark_safe("No action is open.")
    amount = expected(waiting)
    are = "is" if len(waiting) == 1 else "are"
    begin = f"{display.counted(len(waiting), 'action')} {are} open"
    should = (
        format_html(" and should save <b>{}</b> a month", display.set_money(amount, currency))
        if amount
        else ""
    )
    behind = format_html("; <b>{}</b> {} late", late, "is" if late == 1 else "are") if late else ""
    return format_html("{}{}{}.", begin, should, behind)


def _done(rows: Sequence[ActionRow], currency: str) -> SafeString | str:
    return saved_so_far(realised_so_far(rows), currency)


def saved_so_far(amount: Decimal | None, currency: str) -> SafeString | str:
    """Tell what finished actions saved, or did not; empty while nobody can say."""
    if amount is None:
        return ""
    if amount < 0:
        return format_html(
            "Where work is done, costs rose all the same, by about <b>{}</b>.",
            display.money(-amount, currency),
        )
    return format_html(
        "What is done has saved about <b>{}</b> so far.", display.money(amount, currency)
    )


def _dropped(rows: Sequence[ActionRow]) -> int:
    return sum(1 for row in rows if row["state"] == Action.DROPPED)


def _band(saved: Decimal | None, band: Decimal, currency: str) -> str:
    if saved is None:
        return "too early to say"
    return f"estimate, ± {display.money(band.quantize(Decimal('0.01')), currency)}"


def _unknown(row: ActionRow, found: Realised) -> str:
    """Say why there is no estimate."""
    if found["state"] == "too_early":
        return f"Too early: {display.counted(found['days_missing'], 'more day', 'more days')}"
    if found["state"] == "no_volume":
        return "Nothing ran since"
    return "Nothing ran before" if row["workflow"] else "No workflow to compare"
