"""Whose jobs the batch system runs: it does not say so itself, so rules do, for its calls alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db import transaction

from finops.attribution.rules import RuleFields, add_rule, delete_rule, version
from finops.models import AttributionRule
from ingest.demo.removal import Removal
from ingest.demo.story import KEPT, SAMPLE, Story
from ingest.generator.demo_company import FEATURES, SOURCES

_BATCH_SYSTEM: Final = SOURCES[2]
#: Its jobs, and the feature that each kind belongs to.
_JOBS: Final = {
    "invoice-*": "invoice-processing",
    "sales-*": "sales-calls",
    "lead-*": "sales-calls",
}


@transaction.atomic
def load(story: Story) -> None:
    """Add the rules after all others, unless they are there."""
    if AttributionRule.objects.filter(created_by=SAMPLE).exists():
        return
    for fields in _rules():
        add_rule(fields, by=SAMPLE, now=story.calendar.now)


def remove(story: Story, removal: Removal) -> Iterator[str]:
    """Remove the rules that nobody has changed and that decided no real call."""
    expected = set(_rules())
    for rule in AttributionRule.objects.filter(created_by=SAMPLE).order_by("position"):
        if RuleFields.of(rule) not in expected:
            why = "somebody has changed it"
        elif removal.leaves_in_use("rule", rule.pk):
            why = "it decided calls of yours"
        else:
            delete_rule(rule.pk, seen=version(rule))
            continue
        rule.created_by = KEPT
        rule.save(update_fields=["created_by"])
        yield f"rule “{rule.name}”: {why}"


def _rules() -> Iterator[RuleFields]:
    for jobs, feature in _JOBS.items():
        for dimension, value in (("feature", feature), ("team", FEATURES[feature])):
            yield RuleFields(
                name=f"Batch jobs {jobs}: {dimension}",
                source=_BATCH_SYSTEM,
                tag="job",
                tag_value=jobs,
                dimension=dimension,
                value=value,
            )
