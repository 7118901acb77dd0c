"""What nobody has decided: charges that look like AI one by one, and all others as one sum."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from finops.domain.money import exact_sum
from finops.models import BillSnapshot
from finops.sql import load_sql, snapshot

#: How many candidates are listed; the others are in the sum.
LISTED: Final = 50
#: Words that make a charge a candidate, as a regular expression of PostgreSQL.
AI_WORDS: Final = (
    r"\y(ai|ml|llms?|gpt|openai|anthropic|claude|gemini|bedrock|llama|mistral|cohere|deepseek|qwen"
    r"|nova|titan|tokens?|embeddings?|inference|vector|gpus?|tpus?|nvidia|[ahl]100|sagemaker|vertex"
    r"|copilot|chatbots?|prompts?|rag|foundry|hugging ?face)\y|machine learning|genai|fine.?tun"
)


class Candidate(NamedTuple):
    """Charges alike that no rule knows: what a rule could ask for, and how much they are.

    ``billed`` is in the reporting currency; ``unconverted`` of the ``rows`` are in none.
    """

    provider: str
    service: str
    category: str
    meter: str
    unit: str
    billed: Decimal
    rows: int
    unconverted: int
    latest: datetime


class Worklist(NamedTuple):
    """Candidates, dearest first; those beyond the list, and all that look like no AI, as sums."""

    candidates: tuple[Candidate, ...]
    beyond: Decimal
    beyond_count: int
    others: Decimal
    other_rows: int

    @property
    def open(self) -> Decimal:
        """What all candidates were billed."""
        return exact_sum([self.beyond, *(each.billed for each in self.candidates)])


def worklist(since: datetime, until: datetime) -> Worklist:
    """Read what is unknown of the charges that begin in ``[since, until)``, of current bills."""
    with snapshot() as cursor:
        cursor.execute(
            load_sql("classification/worklist.sql").format(),
            {
                "current": current_bills(),
                "words": AI_WORDS,
                "first": earliest_period(since),
                "since": since,
                "until": until,
            },
        )
        found = cursor.fetchall()
    known = [Candidate(*row[1:]) for row in found if row[0]]
    others = [row for row in found if not row[0]]
    return Worklist(
        candidates=tuple(known[:LISTED]),
        beyond=exact_sum(each.billed for each in known[LISTED:]),
        beyond_count=len(known[LISTED:]),
        others=exact_sum(row[6] for row in others),
        other_rows=sum(row[7] for row in others),
    )


def current_bills() -> list[int]:
    """List the bills as they are now; named one by one, they are read in one pass."""
    current = BillSnapshot.objects.filter(status=BillSnapshot.CURRENT)
    return list(current.values_list("pk", flat=True))


def earliest_period(since: datetime) -> date:
    """Give the first invoice month that may charge for an instant: late bills come later."""
    return (since.date() - timedelta(days=1)).replace(day=1)
