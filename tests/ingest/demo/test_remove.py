"""Removing: the sample goes, and real data is what it would be had there never been one."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from finops.access.keys import create_key
from finops.attribution import values
from finops.attribution.rules import RuleFields, change_rule, version
from finops.ledger.sources import has_sample_data
from finops.models import ApiKey, AttributionRule, DimensionValue, Person, Price, Source
from finops.rollups.queries import Scope, costs
from finops.runtime import paths
from ingest.demo import demo
from ingest.demo.story import SAMPLE, folder
from ingest.generator.demo_company import EXTRACTOR
from ingest.models import Import
from tests.conftest import empty_ledger
from tests.finops.ledger.usage import (
    assert_parity,
    call,
    forget,
    import_rows,
    read,
    state,
)

from .conftest import FEW, NOW, Load, remove

Rows = list[dict[str, Any]]


def alike(first: int, count: int) -> Rows:
    """Real calls with the sample's own features, teams, customers, workflows, models and hours."""
    return [
        call(
            id=f"mine-{n}",
            time=f"2025-11-{1 + n % 20:02d}T{n % 24:02d}:07:00Z",
            provider="anthropic",
            model="claude-opus-4-5",
            feature="contract-review",
            team="legal-operations",
            customer="juniper-works",
            workflow="contract-review-agent",
            run=f"run-{n % 7}",
            step="compare-to-playbook",
            tags={"job": "invoice-extraction"},
        )
        for n in range(first, first + count)
    ]


def figures() -> dict[str, Any]:
    """What people read, by every dimension and day."""
    return {
        f"{by} by {grain}": costs(Scope(by=(by,), grain=grain)).as_json()
        for by in ("feature", "team", "customer", "workflow", "model", "source")
        for grain in ("total", "day")
    }


def ledger_rows() -> list[int]:
    """How many rows the tables behind the figures have."""
    tables = ("calls", "call_keys", "call_evidence", "stale_hours")
    return [read(f"SELECT count(*) FROM {table}")[0][0] for table in tables]


def test_real_data_before_between_and_after_is_as_if_there_had_been_no_sample(load: Load) -> None:
    parts = [alike(0, 60), alike(60, 60), alike(120, 60)]
    for part in parts:
        import_rows(*part, source="mine")
    alone, alone_figures, alone_rows = state(), figures(), ledger_rows()
    empty_ledger()

    import_rows(*parts[0], source="mine")
    before = figures()
    load()
    import_rows(*parts[1], source="mine")
    assert costs(Scope()).total.calls == FEW + 120
    kept = remove()
    import_rows(*parts[2], source="mine")

    assert state() == alone
    assert figures() == alone_figures
    assert ledger_rows() == alone_rows
    assert {each.split(":")[0] for each in kept} == {
        "feature contract-review",
        "team legal-operations",
        "customer juniper-works",
        "workflow contract-review-agent",
    }
    assert before != alone_figures
    assert_parity()


def test_real_data_costs_the_same_while_the_sample_is_there(load: Load) -> None:
    import_rows(*alike(0, 40), source="mine")
    mine = Scope(by=("workflow", "model"), grain="day", filters={"source": ["mine"]})
    before = costs(mine).as_json()["rows"]

    load()

    assert costs(mine).as_json()["rows"] == before


def test_a_sample_call_that_came_by_a_route_of_yours_too_stays_as_yours(load: Load) -> None:
    load()
    with gzip.open(folder() / "sample-gateway.jsonl.gz") as lines:
        told = [json.loads(line) for line in islice(lines, 50)]
    with_response = [row for row in told if row.get("response_id")]

    mine = import_rows(*with_response, source="mine")
    assert mine.duplicates == len(with_response) > 30
    remove()

    total = costs(Scope()).total
    assert total.calls == len(with_response)
    assert {row.values for row in costs(Scope(by=("source",))).rows} == {("mine",)}
    forget(mine)
    assert read("SELECT count(*) FROM calls") == [(0,)]


def test_nothing_of_the_sample_is_left(load: Load) -> None:
    rules, prices = AttributionRule.objects.count(), Price.objects.count()

    load()
    assert remove() == []

    assert not has_sample_data()
    assert demo.status().state == "absent"
    assert [model.objects.count() for model in (Import, Source)] == [0, 0]
    assert not Person.objects.filter(is_sample=True).exists()
    assert not DimensionValue.objects.exists()
    assert (AttributionRule.objects.count(), Price.objects.count()) == (rules, prices)
    assert ledger_rows() == [0, 0, 0, 0]
    assert not (paths.data_dir() / "demo").exists()
    assert not any(
        "demo" in path.name for path in (paths.data_dir() / "secrets").iterdir() if path.is_file()
    )


def test_removing_nothing_removes_nothing(ledger: None) -> None:
    import_rows(*alike(0, 3), source="mine")
    before = state()

    assert remove() == []
    assert state() == before


def test_a_removal_that_was_interrupted_is_done_by_the_next(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    load()
    with monkeypatch.context() as patch:
        patch.setattr("ingest.demo.prices.Removal.leaves_in_use", _breaks)
        with pytest.raises(RuntimeError):
            remove()
    assert demo.status().state == "partly"

    assert remove() == []
    assert not has_sample_data()


def _breaks(*_: object) -> bool:
    raise RuntimeError("killed")


def test_an_import_of_the_sample_that_never_ended_goes_as_well(load: Load) -> None:
    load()
    job = Import.objects.filter(created_by=SAMPLE).order_by("-pk")[0]
    waiting = Import.objects.create(
        path=job.path, options=job.options, created_at=NOW, created_by=SAMPLE
    )

    assert remove() == []

    assert not Import.objects.filter(pk=waiting.pk).exists()


# --- what real data needs -----------------------------------------------------------------------


def test_a_source_with_calls_of_yours_stays_and_is_no_sample_any_more(load: Load) -> None:
    load()
    import_rows(*alike(0, 5), source="sample-gateway")

    kept = remove()

    assert "source sample-gateway: it has imports or keys of yours" in kept
    assert list(Source.objects.values_list("name", "is_sample")) == [("sample-gateway", False)]
    assert costs(Scope()).total.calls == 5


def test_a_source_with_a_key_of_yours_stays(load: Load) -> None:
    load()
    source = Source.objects.get(name="sample-batch")
    create_key(name="mine", source=source, scope=ApiKey.WRITE)

    assert remove() == ["source sample-batch: it has imports or keys of yours"]


def test_a_price_that_calls_of_yours_carry_stays(load: Load) -> None:
    load()
    import_rows(
        call(
            id="1", time="2025-11-20T10:00:00Z", provider=EXTRACTOR.provider, model=EXTRACTOR.name
        ),
        source="mine",
    )
    cost = costs(Scope(filters={"source": ["mine"]})).total.cost

    (kept,) = remove()

    assert kept.endswith("calls of yours carry it")
    assert Price.objects.filter(provider=EXTRACTOR.provider).count() == 1
    assert costs(Scope()).total.cost == cost > 0


def test_a_rule_that_somebody_changed_stays(load: Load) -> None:
    load()
    rule = AttributionRule.objects.filter(created_by=SAMPLE).order_by("position")[0]
    fields = replace(RuleFields.of(rule), source="mine")
    change_rule(rule.pk, fields, seen=version(rule), by="ann@company.example", now=NOW)

    (kept,) = remove()

    assert kept == f"rule “{rule.name}”: somebody has changed it"
    assert AttributionRule.objects.get(pk=rule.pk).source == "mine"


def test_a_rule_that_decided_calls_of_yours_stays(load: Load) -> None:
    load()
    mine = call(id="1", time="2025-11-20T10:00:00Z", tags={"job": "invoice-mine"})
    import_rows(mine, source="sample-batch")

    kept = remove()

    assert [each for each in kept if each.startswith("rule")] == [
        "rule “Batch jobs invoice-*: feature”: it decided calls of yours",
        "rule “Batch jobs invoice-*: team”: it decided calls of yours",
    ]


def test_a_rule_of_yours_that_stands_among_the_samples_stays(load: Load) -> None:
    load()
    last = AttributionRule.objects.count()
    mine = AttributionRule.objects.create(
        position=last + 1, name="mine", dimension="team", value="x", created_by="ann"
    )

    assert remove() == []

    mine.refresh_from_db()
    assert mine.position == AttributionRule.objects.count()


def test_a_name_that_somebody_changed_stays_without_its_sample_owners(load: Load) -> None:
    load()
    agent = DimensionValue.objects.get(dimension="workflow", value="contract-review-agent")
    values.describe(
        "workflow",
        agent.value,
        display_name="Our agent",
        business_owner=agent.business_owner,
        technical_owner=None,
    )

    assert remove() == [
        "workflow contract-review-agent: somebody has changed what is said about it"
    ]

    agent.refresh_from_db()
    assert (agent.display_name, agent.business_owner, agent.is_sample) == ("Our agent", None, False)


def test_a_value_that_another_was_merged_into_stays(load: Load) -> None:
    load()
    values.merge("team", "legal", into="legal-operations")

    assert remove() == ["team legal-operations: another value is read as this one"]
    assert values.canonical("team") == {"legal": "legal-operations"}


def test_a_sample_value_that_was_merged_or_archived_stays(load: Load) -> None:
    load()
    values.archive("team", "legal-operations", now=NOW)
    values.merge("customer", "alder-bank", into="alder")

    assert remove() == [
        "customer alder-bank: somebody has changed what is said about it",
        "team legal-operations: somebody has changed what is said about it",
    ]
