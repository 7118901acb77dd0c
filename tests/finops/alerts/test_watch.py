"""After money was spent: evaluate, hold runs against caps, raise; in this order."""

from __future__ import annotations

from unittest.mock import Mock, patch
from unittest.mock import call as called

import pytest
from django.core import mail

from finops.alerts.sending import send_due
from finops.alerts.watch import watch
from finops.budgets.evaluate import evaluate_all
from finops.models import Alert, Budget, BudgetLine, BudgetRevision, Crossing, Delivery
from tests.finops.alerts.at_hand import HOUR, MINUTE, MONTH, NOW, budget
from tests.finops.ledger.usage import call, import_rows


def test_everything_is_looked_at_in_order() -> None:
    steps = Mock()
    with (
        patch("finops.alerts.watch.evaluate_due", steps.evaluate),
        patch("finops.alerts.watch.check_caps", steps.check),
        patch("finops.alerts.watch.raise_due", steps.tell),
    ):
        watch(NOW)

    assert steps.mock_calls == [called.evaluate(NOW), called.check(NOW), called.tell(NOW)]


# --- the whole way, with nothing stood in for ---------------------------------------------------


def watched(yellow: int, red: int) -> Budget:
    """A budget over a team, in dollars a month, since November."""
    of = budget()
    revision = BudgetRevision.objects.create(budget=of, effective_from=MONTH)
    BudgetLine.objects.create(revision=revision, starts=MONTH, yellow=yellow, red=red)
    return of


def spend(calls: int, *, day: int = 20) -> None:
    """Bring calls in that cost $1.25 each."""
    import_rows(
        *(
            call(
                time=f"2026-11-{day}T10:00:00Z",
                team="growth",
                workflow="agent",
                run=f"run-{n}",
                input_tokens=500_000,
                output_tokens=0,
                id=f"{day}-{n}",
            )
            for n in range(calls)
        )
    )


@pytest.mark.usefixtures("ledger")
def test_a_call_that_crosses_a_line_becomes_a_mail() -> None:
    watched(1, 2)
    spend(4)

    watch(NOW)
    assert send_due(lambda: NOW) == 1

    (sent,) = mail.outbox
    assert sent.subject == "Red: Growth team is $3.00 over its red line (November)"
    assert "1. agent: $5.00" in str(sent.body)
    assert "Open the dearest run of agent, $1.25" in str(sent.body)


@pytest.mark.usefixtures("ledger")
def test_calculating_again_and_again_tells_nobody_again() -> None:
    watched(2, 100)
    spend(2)
    for minutes in range(4):
        watch(NOW + minutes * MINUTE)
        evaluate_all(NOW + minutes * MINUTE)
    spend(1, day=19)
    watch(NOW + HOUR)

    assert Alert.objects.get().severity == Alert.YELLOW
    assert Delivery.objects.count() == 1


@pytest.mark.usefixtures("ledger")
def test_a_worker_killed_between_evaluation_and_raising_loses_nothing() -> None:
    watched(1, 2)
    spend(4)
    with (
        patch("finops.alerts.watch.raise_due", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        watch(NOW)
    assert Crossing.objects.filter(alerted_at=None).exists()

    watch(NOW + MINUTE)  # nothing is new to evaluate
    assert Alert.objects.get().severity == Alert.RED
    assert Delivery.objects.count() == 1
