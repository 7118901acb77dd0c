"""Pools and splits: changed from a month on, never in place, within guard rails, on record."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from finops.access.change_log import history
from finops.allocation.checks import MOST_POOLS, PoolDraft, SplitDraft
from finops.allocation.editing import add_pool, change_pool, set_split, stop_pool
from finops.allocation.pools import pools_in_force, rule_of, split_in_force
from finops.allocation.refusals import PoolRefused
from finops.allocation.running import preview
from finops.allocation.trying import try_pool
from finops.attribution.refusals import ChangedMeanwhile, Gone
from finops.attribution.values import merge
from finops.models import CostPool, MonthClose
from tests.finops.allocation.at_hand import NOW, OCTOBER, own, shared
from tests.finops.allocation.at_hand import pool as made
from tests.finops.bills.charges import land

pytestmark = pytest.mark.django_db
D = Decimal
SEPTEMBER, NOVEMBER = date(2026, 9, 1), date(2026, 11, 1)


def add(name: str = "Gateway", split: SplitDraft | None = None, **fields: Any) -> CostPool:
    """A pool from October on, by the code that people use."""
    since = fields.pop("since", OCTOBER)
    draft = PoolDraft(name, **fields)
    return add_pool(draft, split or SplitDraft("even"), since=since, now=NOW, by="Maya")


def test_a_split_holds_from_its_month_and_the_past_keeps_its_own() -> None:
    pool = add()
    set_split(
        pool, SplitDraft("hold"), since=NOVEMBER, seen=1, now=NOW, by="Tom", reason="Too small"
    )
    splits = list(pool.splits.all())
    held = {month: split_in_force(splits, month) for month in (OCTOBER, NOVEMBER)}
    assert [split and split.method for split in held.values()] == ["even", "hold"]
    assert pools_in_force(SEPTEMBER, "team") == []
    assert history(pool.splits.latest("pk"), limit=1)


def test_other_charges_are_another_pool_of_the_same_name() -> None:
    pool = add(service_name="kong*")
    draft = PoolDraft("Gateway", service_name="envoy*", position=1)
    after = change_pool(pool, draft, since=NOVEMBER, seen=1, now=NOW, by="Tom")
    assert [each.service_name for each in pools_in_force(OCTOBER, "team")] == ["kong*"]
    assert [each.service_name for each in pools_in_force(NOVEMBER, "team")] == ["envoy*"]
    assert after.splits.get().method == "even"
    with pytest.raises(Gone):
        stop_pool(CostPool.objects.get(pk=pool.pk), since=NOVEMBER, seen=2)


def test_nobody_writes_over_what_they_have_not_seen() -> None:
    pool = add()
    set_split(pool, SplitDraft("hold"), since=NOVEMBER, seen=1, now=NOW, by="Tom")
    with pytest.raises(ChangedMeanwhile):
        stop_pool(pool, since=NOVEMBER, seen=1)
    assert not CostPool.objects.exclude(stopped_from=None).exists()


@pytest.mark.parametrize("act", ["add", "split", "change", "stop"])
def test_nothing_reaches_into_a_closed_month(act: str) -> None:
    pool = add(since=SEPTEMBER)
    MonthClose.objects.create(month=OCTOBER)
    acts = {
        "add": lambda: add("Other", since=SEPTEMBER),
        "split": lambda: set_split(
            pool, SplitDraft("hold"), since=OCTOBER, seen=1, now=NOW, by="Tom"
        ),
        "change": lambda: change_pool(
            pool, PoolDraft("X"), since=OCTOBER, seen=1, now=NOW, by="Tom"
        ),
        "stop": lambda: stop_pool(pool, since=OCTOBER, seen=1),
    }
    with pytest.raises(PoolRefused, match="October 2026 is closed"):
        acts[act]()
    assert stop_pool(pool, since=NOVEMBER, seen=1).stopped_from == NOVEMBER


@pytest.mark.parametrize(
    ("field", "fields", "split"),
    [
        ("name", {"name": " "}, {}),
        ("name", {"name": "vector STORE"}, {}),
        ("name", {"name": "Search"}, {}),
        ("stage", {"stage": 0}, {}),
        ("dimension", {"dimension": "model"}, {}),
        ("kinds", {"kinds": ("beer",)}, {}),
        ("tag", {"tag_value": "ml"}, {}),
        ("service_name", {"service_name": "x" * 501}, {}),
        ("surcharge_percent", {"surcharge_percent": D(3), "provider": "aws"}, {}),
        ("surcharge_percent", {"surcharge_percent": D(0)}, {}),
        ("method", {}, {"method": "dice"}),
        ("driver", {}, {"method": "driver"}),
        ("weights", {}, {"method": "fixed"}),
        ("weights", {}, {"method": "fixed", "weights": {"a": D(60), "b": D(30)}}),
        ("weights", {}, {"method": "fixed", "weights": {"unallocated": D(100)}}),
        ("weights", {}, {"method": "fixed", "weights": {"Vector store": D(100)}}),
        ("targets", {}, {"targets": tuple(f"t{n}" for n in range(501))}),
        ("utilisation", {}, {"utilisation": D(101)}),
        ("utilisation", {}, {"idle_to": "platform"}),
        ("since", {"since": date(2026, 10, 2)}, {}),
    ],
)
def test_guard_rails(field: str, fields: dict[str, Any], split: dict[str, Any]) -> None:
    made("Vector store", targets=["search"])
    with pytest.raises(PoolRefused) as refused:
        add(**{"name": "Gateway", **fields}, split=SplitDraft(**split))
    assert refused.value.field == field
    assert CostPool.objects.count() == 1


def test_there_are_at_most_200_pools() -> None:
    CostPool.objects.bulk_create(CostPool(name=f"Pool {n}") for n in range(MOST_POOLS))
    with pytest.raises(PoolRefused, match="200 pools"):
        add()


def test_merged_targets_are_read_as_one() -> None:
    merge("team", "searching", into="search")
    split = made(method="fixed", weights={"search": "60", "searching": "40"}).splits.get()
    rule = rule_of(split)
    assert rule is not None
    assert rule.weights == {"search": D(100)}


def test_a_draft_says_what_it_would_pick_and_from_whom() -> None:
    land(
        shared("Kong Gateway", "400"),
        shared("Kong Gateway", "-4"),
        shared("Pinecone", "500"),
        own("a", "9"),
    )
    made("Everything", position=5)
    found = try_pool(PoolDraft("Gateway", service_name="*gate*", position=1), OCTOBER)
    assert (found.picked.amount, found.picked.rows, found.of.amount) == (D(396), 2, D(896))
    assert [(each.pool, each.amount) for each in found.taken] == [("Everything", D(396))]
    assert [(each.service, each.amount) for each in found.services] == [("Kong Gateway", D(396))]
    last = try_pool(PoolDraft("Gateway", service_name="*gate*"), OCTOBER)
    assert (last.picked.rows, last.elsewhere.amount, last.taken) == (0, D(396), ())
    assert preview(OCTOBER).pools[0].amount == D(896)
