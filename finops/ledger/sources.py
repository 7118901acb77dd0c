"""Which source an import belongs to; made on first sight, changed only on purpose."""

from __future__ import annotations

from finops.models import Source

#: Formats whose files are somebody else's account of calls that a meter may have seen as well.
EVIDENCE_FORMATS: frozenset[str] = frozenset()


def source_named(name: str, *, format_name: str = "", kind: str = Source.USAGE) -> Source:
    """Give the source of that name, made when it is new, of calls unless ``kind`` says bills.

    Raises ValueError for an unusable name.
    """
    if not name.strip() or len(name) > 200 or "\x00" in name:
        raise ValueError("a source name has 1 to 200 characters")
    role = Source.EVIDENCE if format_name in EVIDENCE_FORMATS else Source.METER
    source, _ = Source.objects.get_or_create(
        name=name.strip(), defaults={"role": role, "kind": kind}
    )
    return source


def has_sample_data() -> bool:
    """Say whether made-up calls are in the ledger; every page shows it while they are."""
    return Source.objects.filter(is_sample=True).exists()
