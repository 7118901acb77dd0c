"""How the demo company calls its features, teams, customers and workflows, and who owns them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from finops.models import DimensionValue, Person
from ingest.demo.people import PEOPLE
from ingest.demo.removal import Removal
from ingest.demo.story import Story
from ingest.generator.demo_company import COMPANY, FEATURES

#: Who answers for a feature and for its workflows, in money and in code, by role.
_OWNERS: Final = {
    "contract-review": ("executive", "engineering"),
    "support-desk": ("finance", "engineering"),
    "code-migration": ("executive", "engineering"),
    "knowledge-search": ("executive", "datascience"),
    "sales-calls": ("finance", "datascience"),
    "invoice-processing": ("finance", "datascience"),
}
_EMAILS: Final = {person.role: person.email for person in PEOPLE}


class Description(NamedTuple):
    """What the sample says about a value; owners are people's numbers."""

    display_name: str
    business_owner_id: int | None = None
    technical_owner_id: int | None = None


def load(story: Story) -> None:
    """Describe what nobody has described yet; a description of somebody's own stays."""
    DimensionValue.objects.bulk_create(
        (
            DimensionValue(
                dimension=dimension, value=value, is_sample=True, **description._asdict()
            )
            for (dimension, value), description in _descriptions(story).items()
        ),
        ignore_conflicts=True,
    )


def remove(story: Story, removal: Removal) -> Iterator[str]:
    """Remove the descriptions that nobody has changed and no real call needs."""
    expected = _descriptions(story)
    going = []
    for described in DimensionValue.objects.filter(is_sample=True).order_by("dimension", "value"):
        why = _why_kept(described, expected.get((described.dimension, described.value)), removal)
        if not why:
            going.append(described.pk)
            continue
        described.is_sample = False
        described.save(update_fields=["is_sample"])
        yield f"{described.dimension} {described.value}: {why}"
    DimensionValue.objects.filter(pk__in=going).delete()


def _why_kept(described: DimensionValue, expected: Description | None, removal: Removal) -> str:
    found = Description(
        described.display_name, described.business_owner_id, described.technical_owner_id
    )
    if found != expected or described.archived_at or described.merged_into_id:
        return "somebody has changed what is said about it"
    if described.merged_values.exists():
        return "another value is read as this one"
    if removal.leaves_in_use(described.dimension, described.value):
        return "calls of yours have this value"
    return ""


def _descriptions(story: Story) -> dict[tuple[str, str], Description]:
    """Map each value, named by its dimension, to what the sample says about it."""
    numbers = dict(Person.objects.filter(is_sample=True).values_list("email", "pk"))

    def owned(value: str, feature: str) -> Description:
        business, technical = (numbers.get(_EMAILS[role]) for role in _OWNERS[feature])
        return Description(_sentence(value), business, technical)

    workflows = [each for gateway in story.gateways for each in gateway.company.workflows]
    return {
        **{("feature", feature): owned(feature, feature) for feature in FEATURES},
        **{("workflow", each.name): owned(each.name, each.feature) for each in workflows},
        **{("team", team): Description(_sentence(team)) for team in FEATURES.values()},
        **{("customer", name): Description(_title(name)) for name in COMPANY.customers},
    }


def _sentence(slug: str) -> str:
    """``contract-review-agent`` → ``Contract review agent``."""
    return slug.replace("-", " ").capitalize()


def _title(slug: str) -> str:
    """``juniper-works`` → ``Juniper Works``."""
    return slug.replace("-", " ").title()
