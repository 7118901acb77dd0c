"""Rules are added, changed from a day on, ended, deleted, put in order; never overwritten blind."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from finops.attribution.refusals import ChangedMeanwhile, Gone, Refused
from finops.classification.editing import (
    KindFields,
    add_kind_rule,
    change_kind_rule,
    delete_kind_rule,
    end_kind_rule,
    move_kind_rule,
    step_kind_rule,
    version,
)
from finops.classification.kinds import kind_rules
from finops.models import ChargeKindRule
from tests.finops.bills.charges import charge

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def fields(**said: Any) -> KindFields:
    return KindFields(**({"name": "Ours", "kind": "gpu", "service_name": "Farm"} | said))


def add(position: int | None = None, **said: Any) -> ChargeKindRule:
    return add_kind_rule(fields(**said), by="Tom", now=NOW, position=position)


def names() -> list[str]:
    rules = ChargeKindRule.objects.filter(seeded=False).order_by("position")
    return [rule.name for rule in rules]


def test_a_new_rule_is_asked_before_all_others_and_decides() -> None:
    rule = add(service_name="Amazon Bedrock", kind="not_ai")
    assert rule.position == 1
    found = kind_rules().decide(
        charge(service_name="Amazon Bedrock", sku_meter="NovaLite-input-tokens")
    )
    assert (found.kind, found.rule_id) == ("not_ai", rule.pk)


def test_a_change_from_a_day_keeps_the_past() -> None:
    rule = add()
    changed = change_kind_rule(
        rule.pk,
        fields(kind="ml_platform"),
        seen=version(rule),
        by="Tom",
        now=NOW,
        since=date(2026, 10, 10),
    )
    assert changed.pk != rule.pk
    decided = [
        kind_rules().decide(charge(day, service_name="farm")).kind
        for day in ("2026-10-09", "2026-10-10")
    ]
    assert decided == ["gpu", "ml_platform"]


def test_a_rule_ends_and_goes() -> None:
    rule = add()
    end_kind_rule(rule.pk, seen=version(rule), at=date(2026, 10, 10))
    assert kind_rules().decide(charge("2026-10-10", service_name="Farm")).rule_id != rule.pk
    rule.refresh_from_db()
    with pytest.raises(Refused, match="ended"):
        end_kind_rule(rule.pk, seen=version(rule), at=date(2026, 10, 12))
    delete_kind_rule(rule.pk, seen=version(rule))
    with pytest.raises(Gone):
        delete_kind_rule(rule.pk, seen="x")


def test_nobody_writes_over_what_they_have_not_seen() -> None:
    rule = add()
    seen = version(rule)
    change_kind_rule(rule.pk, fields(kind="gateway"), seen=seen, by="Eve", now=NOW)
    for act in (
        lambda: change_kind_rule(rule.pk, fields(), seen=seen, by="Tom", now=NOW),
        lambda: end_kind_rule(rule.pk, seen=seen, at=date(2026, 12, 1)),
        lambda: delete_kind_rule(rule.pk, seen=seen),
    ):
        with pytest.raises(ChangedMeanwhile):
            act()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"kind": "magic"}, "kind"),
        ({"service_name": ""}, "service_name"),
        ({"service_name": " *|* "}, "service_name"),
        ({"sku_meter": "x" * 501}, "sku_meter"),
        ({"sku_meter": "a\0b"}, "sku_meter"),
        ({"model": "a", "model_from": "sku_meter"}, "model"),
        ({"model_from": "password"}, "model_from"),
        ({"model_pattern": "(?P<model>x)"}, "model_from"),
        ({"model_from": "sku_meter", "model_pattern": "((a+)+)"}, "model_pattern"),
        ({"token_kind": "thoughts"}, "token_kind"),
        ({"tokens_per_unit": Decimal(0)}, "tokens_per_unit"),
        ({"effective_from": date(2026, 2, 1), "effective_to": date(2026, 2, 1)}, "effective_to"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_field(
    said: dict[str, Any], field: str
) -> None:
    assert field in fields(**said).problems()
    with pytest.raises(Refused):
        add(**said)


def test_the_provider_is_written_as_calls_have_it() -> None:
    assert add(provider="Bedrock").provider == "aws"


class OrderHolds(TestCase):
    """However rules are moved, their places are 1, 2, 3 … and nothing is lost."""

    @settings(max_examples=15)
    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 200), st.booleans()), max_size=8))
    def test_places_stay_whole(self, moves: list[tuple[int, int, bool]]) -> None:
        added = [add(name=str(n)) for n in range(4)]
        count = ChargeKindRule.objects.count()
        for place, to, steps in moves:
            pk = added[place].pk
            moved = step_kind_rule(pk, by=to) if steps else move_kind_rule(pk, to=to)
            assert 1 <= moved.position <= count
        places = ChargeKindRule.objects.order_by("position").values_list("position", flat=True)
        assert list(places) == list(range(1, count + 1))
        assert sorted(names()) == ["0", "1", "2", "3"]
