"""How alerts and messages read on a page: state, way, and who."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from finops.alerts.words import SEVERITIES, said
from finops.domain import display
from finops.models import Alert, Delivery

CHANNELS: Final[Mapping[str, str]] = {
    Delivery.EMAIL: "E-mail",
    Delivery.SLACK: "Slack",
    Delivery.WEBHOOK: "Webhook",
}
PURPOSES: Final[Mapping[str, str]] = {
    Delivery.ALERT: "Alert",
    Delivery.ESCALATION: "Leadership",
    Delivery.DIGEST: "Daily mail",
    Delivery.REVIEW: "Review",
    Delivery.TEST: "Test",
}
#: What the filter of the log calls the states, in its order.
STATE_CHOICES: Final = (
    ("sent", "Sent"),
    ("waiting", "Waiting"),
    ("failed", "Did not arrive"),
    ("kept", "Not sent"),
)
SEVERITY_CHOICES: Final = (
    (Alert.RED, "Red"),
    (Alert.YELLOW, "Yellow"),
    (Alert.HEADING, "Heading for a line"),
)
PERIOD_CHOICES: Final = (("7d", "Last 7 days"), ("30d", "Last 30 days"), ("90d", "Last 90 days"))
#: Why a mail was not sent where there is no server; the page says so in one line.
KEPT: Final = "Not sent: no mail server. Readable here."


class Chip(NamedTuple):
    """A word with its tone, its icon, and what stands beside it."""

    word: str
    tone: str
    icon: str
    note: str = ""


class MessageRow(NamedTuple):
    """A message as a table shows it."""

    delivery: Delivery
    to: str
    address: str
    way: str
    purpose: str
    state: Chip


class Told(NamedTuple):
    """What was told at one time, and everybody it went to."""

    at: datetime
    what: str
    severity: Chip | None
    alert: Alert | None
    rows: tuple[MessageRow, ...]


def severity_of(alert: Alert) -> Chip:
    """Give the chip of an alert."""
    word, tone, icon = SEVERITIES[alert.severity]
    return Chip(word, tone, icon)


def state_of(delivery: Delivery, now: datetime, zone: ZoneInfo) -> Chip:
    """Say whether a message arrived, and when; one inside a digest fares as the digest does."""
    if delivery.state == Delivery.CARRIED and delivery.carried_by is not None:
        whole = state_of(delivery.carried_by, now, zone)
        return whole._replace(note=f"In the daily mail. {whole.note}".strip())
    if delivery.state == Delivery.SENT:
        sent = display.moment(delivery.sent_at, zone) if delivery.sent_at else ""
        return Chip("Sent", "ok", "ok", sent)
    if delivery.state == Delivery.DEAD:
        return Chip("Did not arrive", "bad", "bad", delivery.last_error)
    if delivery.state == Delivery.KEPT:
        return Chip("Kept", "none", "none", KEPT)
    if delivery.state == Delivery.QUEUED:
        return _waiting(delivery, now, zone)
    return Chip("Not sent", "none", "none", delivery.last_error)


def message_row(
    delivery: Delivery, names: Mapping[str, str], now: datetime, zone: ZoneInfo
) -> MessageRow:
    """Write a message for a table."""
    name = names.get(delivery.recipient, "")
    return MessageRow(
        delivery,
        name or delivery.recipient,
        delivery.recipient if name else "",
        CHANNELS.get(delivery.channel, delivery.channel),
        PURPOSES.get(delivery.purpose, delivery.purpose),
        state_of(delivery, now, zone),
    )


def together(rows: Iterable[MessageRow]) -> list[Told]:
    """Put messages that say the same beside each other; they come in the order of the log."""
    groups = groupby(rows, key=lambda row: (row.delivery.alert_id, row.delivery.subject))
    return [_told(tuple(group)) for _, group in groups]


def log_story(waiting: int, failed: int) -> str:
    """Say in a sentence whether somebody has to do something."""
    if failed:
        text = f"{display.counted(failed, 'message')} did not arrive"
        return f"{text}. {_asking(waiting)}"
    return f"{_asking(waiting)} No message is lost."


def escalation(alert: Alert, zone: ZoneInfo) -> str:
    """Say whether leadership heard about an alert, or when it will."""
    if alert.escalated_at:
        return f"Leadership was told on {display.moment(alert.escalated_at, zone)}."
    if alert.escalate_at is None:
        return ""
    if alert.acknowledged_at:
        return "Leadership was not told: somebody acknowledged it in time."
    at = display.moment(alert.escalate_at, zone)
    return f"Leadership is told on {at}, unless somebody acknowledges it before."


def _told(rows: tuple[MessageRow, ...]) -> Told:
    first = rows[0].delivery
    return Told(
        first.queued_at,
        said(first.subject) if first.alert else first.subject or "A message",
        severity_of(first.alert) if first.alert else None,
        first.alert,
        rows,
    )


def _asking(waiting: int) -> str:
    if not waiting:
        return "Nobody is waited for."
    wait = "waits" if waiting == 1 else "wait"
    return f"{display.counted(waiting, 'alert')} {wait} for somebody to acknowledge."


def _waiting(delivery: Delivery, now: datetime, zone: ZoneInfo) -> Chip:
    due = display.moment(delivery.due_at, zone)
    if delivery.attempts and delivery.last_error:
        again = "soon" if delivery.due_at <= now else f"at {due}"
        return Chip("Tried", "warn", "warn", f"{delivery.last_error} Tried again {again}.")
    if delivery.due_at <= now:
        return Chip("On its way", "stale", "stale")
    return Chip("Waits", "stale", "stale", f"Until {due}.")
