"""What the demo company's weekly reviews decided, and what was promised in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

#: How many weekly reviews were held and closed.
MEETINGS: Final = 10
#: When on Mondays they begin and end, after midnight.
BEGINS: Final = timedelta(hours=9, minutes=30)
LASTS: Final = timedelta(minutes=28)


class Said(NamedTuple):
    """A decision with its sentence."""

    choice: str
    sentence: str


class Moment(NamedTuple):
    """A meeting, counted from the first one after something happened: 0 is that one.

    ``name`` is a moment of ``ingest.generator.demo_company.Calendar``.
    """

    name: str
    later: int = 0


class Promise(NamedTuple):
    """An action: who promised what in which meeting, and what became of it.

    ``due`` is in weeks after the meeting. ``ended`` is when it was done, or dropped with a
    ``note``: so many days after the meeting, or at a moment; None is still open.
    """

    meeting: Moment
    workflow: str
    owner: str
    what: str
    due: int
    saving: str = ""
    ended: int | str | None = None
    dropped: bool = False
    note: str = ""


#: What was decided about a workflow, by the meetings at which it was, the first that fits.
WORKFLOWS: Final[dict[str, tuple[tuple[Moment | None, Said], ...]]] = {
    "contract-review-agent": (
        (Moment("prompt_change"), Said("fix", "Prompt v14 compares three times. Once will do.")),
        (Moment("runaway"), Said("fix", "Three reviews went in circles. The cap found them.")),
        (None, Said("accept", "As planned: reviews follow the contracts signed.")),
    ),
    "support-reply-drafter": (
        (Moment("price_change", 1), Said("fix", "Short tickets need no Opus.")),
        (None, Said("accept", "Volume follows the tickets.")),
    ),
    "code-migration-agent": (
        (Moment("outage", 0), Said("investigate", "Every step sends the whole repository.")),
        (Moment("prompt_change"), Said("change_budget", "More repositories this month.")),
        (None, Said("accept", "Migrations are on schedule.")),
    ),
    "sales-call-summaries": (
        (Moment("outage"), Said("investigate", "A bad afternoon at the provider, many retries.")),
        (Moment("caching_on"), Said("accept", "A third cheaper since the history is cached.")),
        (Moment("caching_on", -1), Said("fix", "Every call sends the whole account history.")),
        (None, Said("accept", "Unchanged.")),
    ),
    "invoice-extraction": (
        (Moment("price_change"), Said("investigate", "The cluster's lease: 35 % dearer a page.")),
        (Moment("trial"), Said("fix", "The trial model needs a price before it grows.")),
        (None, Said("accept", "As the invoices come in.")),
    ),
}
#: What is said of whatever else stands among the dearest five.
OTHERS: Final = Said("accept", "Small, and no dearer than before.")
#: What is decided about a budget by its status.
BUDGETS: Final = {
    "red": Said("investigate", "The owner says by Thursday what happened."),
    "yellow": Said("accept", "Known. We look again next week."),
    "none": Said("accept", "Finance draws lines next month."),
}
PROMISES: Final = (
    Promise(
        Moment("caching_on", -1),
        "sales-call-summaries",
        "engineering",
        "Read the account history from the prompt cache",
        2,
        "700",
        ended="caching_on",
        note="Switched on for all summaries.",
    ),
    Promise(
        Moment("price_change"),
        "invoice-extraction",
        "finance",
        "Ask for a better lease of the extraction cluster",
        3,
        "400",
        ended=20,
        dropped=True,
        note="The lease runs until spring. We ask again then.",
    ),
    Promise(
        Moment("price_change", 1),
        "support-reply-drafter",
        "datascience",
        "Send short tickets to Sonnet",
        2,
        "600",
        ended=12,
        note="A tenth of the tickets go to Sonnet.",
    ),
    Promise(
        Moment("outage"),
        "sales-call-summaries",
        "engineering",
        "Stop after two retries while a provider fails",
        2,
        ended=9,
        note="The gateway gives up after two.",
    ),
    Promise(
        Moment("outage"), "code-migration-agent", "engineering", "Send changed files only", 3, "450"
    ),
    Promise(
        Moment("trial"),
        "invoice-extraction",
        "datascience",
        "Write down a price for the trial model",
        4,
    ),
    Promise(
        Moment("prompt_change"),
        "contract-review-agent",
        "engineering",
        "Compare to the playbook once again",
        2,
        "1900",
    ),
)
#: What the meetings wrote into the boxes of sections.
NOTES: Final = (
    (Moment("prompt_change"), 1, "Dearer reviews explain the rise; there are no more of them."),
    (Moment("runaway"), 1, "One night of three runaway reviews. The cap found them."),
    (Moment("outage"), 1, "The provider's bad Tuesday explains the failures."),
    (Moment("price_change"), 1, "Invoices are dearer through the lease, not through volume."),
)
