"""Who exists: the features, teams, customers and workflows of an invented company, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ingest.generator.profiles import AGENT, BATCH, CHAT, REASONING, Profile

#: For ``caching_from``: prompt caching has been on since before every file.
ALWAYS: Final = datetime.min.replace(tzinfo=UTC)

#: Weight of each hour of a working day (UTC); weekends keep a fifth of office hours.
OFFICE: Final = (
    2,
    2,
    2,
    2,
    3,
    6,
    14,
    34,
    62,
    84,
    92,
    88,
    70,
    84,
    94,
    92,
    82,
    60,
    38,
    24,
    14,
    8,
    5,
    3,
)
EVENING: Final = (
    20,
    14,
    9,
    6,
    5,
    6,
    10,
    18,
    28,
    36,
    42,
    48,
    54,
    52,
    50,
    54,
    62,
    74,
    88,
    96,
    98,
    84,
    56,
    34,
)
NIGHT: Final = (60, 90, 98, 92, 70, 30, 10, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 6, 8, 12, 18, 26, 40)


@dataclass(frozen=True)
class Model:
    """A model by its provider's name, and what a gateway would charge for it.

    Prices are nano-dollars per token (dollars per million, times 1,000) and serve only the optional
    *reported* costs; what a call really costs is the price book's to say.
    """

    provider: str
    name: str
    input_price: int = 0
    cached_price: int = 0
    output_price: int = 0
    cache_writes: bool = False
    response_prefix: str = "resp-"


@dataclass(frozen=True)
class Step:
    """One step of a workflow; a model of its own replaces the run's."""

    name: str
    model: Model | None = None
    prompt: float = 1.0
    output: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is different in a workflow for runs that start in ``[since, until)``.

    Takes effect on full hours. Numbers multiply the workflow's own, the others replace them;
    ``tags`` are added. Where changes overlap, numbers multiply and the later one replaces.
    """

    since: datetime
    until: datetime | None = None
    volume: float = 1.0
    prompt: float = 1.0
    output: float = 1.0
    failures: float = 1.0
    calls_per_run: tuple[int, int] | None = None
    models: tuple[tuple[Model, int], ...] | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """One stream of work of a feature.

    ``share`` is its weight among the *calls* of the company, ``models`` carry weights too. Runs
    start with the first step, end with the last and go round the ones between. Without a name the
    calls stand alone: no workflow, no run. ``internal`` work is done for users, not customers.
    """

    name: str
    feature: str
    share: int
    profile: Profile
    models: tuple[tuple[Model, int], ...]
    steps: tuple[Step, ...] = (Step("answer"),)
    calls_per_run: tuple[int, int] = (1, 1)
    helper: Model | None = None
    caching_from: datetime | None = None
    hours: tuple[int, ...] = OFFICE
    weekend: float = 0.2
    processing: str = "standard"
    internal: bool = False
    main_customer: str = ""
    main_customer_share: float = 0.0
    tags: tuple[tuple[str, str], ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Company:
    """Everything about a company that does not depend on chance.

    ``features`` maps a feature to its owning team; ``customers`` are ordered by size (Zipf).
    ``daily_growth`` is linear: 0.01 adds a hundredth of the first day's traffic every day.
    """

    name: str
    features: Mapping[str, str] = field(hash=False)
    customers: tuple[str, ...]
    users: tuple[str, ...]
    workflows: tuple[Workflow, ...]
    direct: tuple[Workflow, ...] = ()
    unknown_model: Model | None = None
    unknown_model_share: float = 0.0
    untagged_share: float = 0.0
    environments: tuple[tuple[str, int], ...] = (("production", 1),)
    daily_growth: float = 0.0

    def __post_init__(self) -> None:
        """Refuse work of a feature that nobody owns."""
        for workflow in (*self.workflows, *self.direct):
            if workflow.feature not in self.features:
                raise ValueError(
                    f"{workflow.name or 'direct calls'}: no feature {workflow.feature}"
                )


GPT_4O: Final = Model("openai", "gpt-4o", 2_500, 1_250, 10_000, response_prefix="chatcmpl-")
GPT_4O_MINI: Final = Model("openai", "gpt-4o-mini", 150, 75, 600, response_prefix="chatcmpl-")
GPT_5: Final = Model("openai", "gpt-5", 1_250, 125, 10_000, response_prefix="resp_")
GPT_5_MINI: Final = Model("openai", "gpt-5-mini", 250, 25, 2_000, response_prefix="resp_")
O3: Final = Model("openai", "o3", 2_000, 500, 8_000, response_prefix="resp_")
OPUS: Final = Model("anthropic", "claude-opus-4-5", 5_000, 500, 25_000, True, "msg_")
SONNET: Final = Model("anthropic", "claude-sonnet-4-5", 3_000, 300, 15_000, True, "msg_")
HAIKU: Final = Model("anthropic", "claude-haiku-4-5", 1_000, 100, 5_000, True, "msg_")
GEMINI_PRO: Final = Model("google", "gemini-2.5-pro", 1_250, 125, 10_000)
GEMINI_FLASH: Final = Model("google", "gemini-2.5-flash", 300, 30, 2_500)
MISTRAL_SMALL: Final = Model("mistral", "mistral-small-latest", 150, 15, 600)
DEEPSEEK_R1: Final = Model("deepseek", "deepseek-reasoner", 135, 35, 550)
MODELS: Final = (
    *(GPT_4O, GPT_4O_MINI, GPT_5, GPT_5_MINI, O3, OPUS, SONNET, HAIKU),
    *(GEMINI_PRO, GEMINI_FLASH, MISTRAL_SMALL, DEEPSEEK_R1),
)
#: A model of the company's own: no price book knows it.
IN_HOUSE: Final = Model("mistral", "acme-router-7b")

_TEAMS: Final = {
    "support": ("ticket-triage", "help-chat", "reply-drafts", "voice-summaries"),
    "search": ("semantic-search", "query-rewrite", "answer-box", "synonyms"),
    "legal": ("contract-review", "clause-library", "policy-check", "nda-bot"),
    "developer-experience": ("code-agent", "code-review", "test-writer", "incident-notes"),
    "sales": ("lead-scoring", "call-notes", "proposal-writer"),
    "marketing": ("campaign-copy", "image-captions", "seo-briefs"),
    "finance-ops": ("invoice-extraction", "expense-audit", "forecast-notes"),
    "risk": ("fraud-review", "kyc-check", "sanctions-screening"),
    "data-platform": ("sql-assistant", "data-catalogue", "anomaly-notes"),
    "content": ("translation", "moderation", "article-summaries"),
    "onboarding": ("product-tour", "form-filler", "email-parser"),
    "research": ("deep-research", "experiment-review", "paper-digest"),
}
_FEATURES: Final = {feature: team for team, features in _TEAMS.items() for feature in features}

_FIRST: Final = (
    *(
        "alder",
        "birch",
        "cedar",
        "dahlia",
        "ember",
        "fjord",
        "granite",
        "harbor",
        "iris",
        "juniper",
    ),
    *(
        "kestrel",
        "lumen",
        "meridian",
        "north",
        "orchid",
        "pioneer",
        "quarry",
        "river",
        "summit",
        "tide",
    ),
)
_SECOND: Final = (
    *("bank", "foods", "health", "labs", "logistics"),
    *("media", "motors", "retail", "travel", "works"),
)


def invented_customers(count: int) -> tuple[str, ...]:
    """Return up to 200 different customer names, the largest customer first."""
    names = (f"{_FIRST[i % 20]}-{_SECOND[(i // 20 + i) % 10]}" for i in range(min(count, 200)))
    return tuple(names)


def _steps(*names: str) -> tuple[Step, ...]:
    return tuple(Step(name) for name in names)


_WORKFLOWS: Final = (
    Workflow(
        name="support-chat",
        feature="help-chat",
        share=170,
        profile=CHAT,
        models=((GPT_4O_MINI, 6), (GPT_4O, 3), (GEMINI_FLASH, 1)),
        steps=_steps("understand", "retrieve", "answer"),
        calls_per_run=(2, 9),
        caching_from=ALWAYS,
        hours=EVENING,
        weekend=0.7,
    ),
    Workflow(
        name="ticket-triage",
        feature="ticket-triage",
        share=130,
        profile=BATCH,
        models=((GPT_4O_MINI, 3), (MISTRAL_SMALL, 1)),
        steps=_steps("classify", "route"),
        calls_per_run=(4, 16),
        main_customer="alder-bank",
        main_customer_share=0.4,
    ),
    Workflow(
        name="coding-agent",
        feature="code-agent",
        share=75,
        profile=AGENT,
        models=((OPUS, 3), (SONNET, 5), (GPT_5, 2)),
        steps=(
            Step("plan", output=3.0),
            *_steps("search", "read", "edit", "test"),
            Step("summarise"),
        ),
        calls_per_run=(5, 20),
        helper=HAIKU,
        caching_from=ALWAYS,
        internal=True,
    ),
    Workflow(
        name="invoice-extraction",
        feature="invoice-extraction",
        share=90,
        profile=BATCH,
        models=((GEMINI_FLASH, 3), (GPT_4O_MINI, 1)),
        steps=_steps("read", "extract", "validate"),
        calls_per_run=(6, 24),
        hours=NIGHT,
        weekend=0.6,
        processing="batch",
    ),
    Workflow(
        name="contract-review",
        feature="contract-review",
        share=45,
        profile=AGENT,
        models=((SONNET, 3), (GEMINI_PRO, 1)),
        steps=_steps("plan", "read-clause", "compare", "flag", "report"),
        calls_per_run=(5, 20),
        helper=HAIKU,
        caching_from=ALWAYS,
    ),
    Workflow(
        name="answer-box",
        feature="answer-box",
        share=70,
        profile=CHAT,
        models=((GEMINI_FLASH, 4), (GPT_5_MINI, 1)),
        steps=_steps("rewrite", "answer"),
        calls_per_run=(2, 6),
        hours=EVENING,
        weekend=0.8,
    ),
    Workflow(
        name="deep-research",
        feature="deep-research",
        share=30,
        profile=AGENT,
        models=((GEMINI_PRO, 2), (GPT_5, 2), (OPUS, 1)),
        steps=_steps("plan", "search", "read", "note", "write"),
        calls_per_run=(5, 20),
        helper=GEMINI_FLASH,
    ),
    Workflow(
        name="fraud-review",
        feature="fraud-review",
        share=40,
        profile=REASONING,
        models=((O3, 2), (DEEPSEEK_R1, 3)),
        steps=_steps("collect", "reason", "decide"),
        calls_per_run=(3, 9),
        hours=EVENING,
        weekend=0.9,
    ),
    Workflow(
        name="code-review",
        feature="code-review",
        share=35,
        profile=AGENT,
        models=((SONNET, 4), (HAIKU, 1)),
        steps=_steps("outline", "read", "comment", "verdict"),
        calls_per_run=(5, 16),
        helper=HAIKU,
        caching_from=ALWAYS,
        internal=True,
    ),
    Workflow(
        name="sql-assistant",
        feature="sql-assistant",
        share=35,
        profile=CHAT,
        models=((GPT_5_MINI, 3), (GPT_4O, 1)),
        steps=_steps("schema", "draft", "check"),
        calls_per_run=(3, 8),
        caching_from=ALWAYS,
    ),
    Workflow(
        name="moderation",
        feature="moderation",
        share=80,
        profile=BATCH,
        models=((MISTRAL_SMALL, 4), (GPT_4O_MINI, 1)),
        steps=_steps("classify", "explain"),
        calls_per_run=(5, 20),
        hours=EVENING,
        weekend=1.0,
        main_customer="birch-foods",
        main_customer_share=0.3,
    ),
    Workflow(
        name="lead-scoring",
        feature="lead-scoring",
        share=25,
        profile=BATCH,
        models=((GPT_4O_MINI, 1),),
        steps=_steps("enrich", "score"),
        calls_per_run=(6, 18),
        hours=NIGHT,
        weekend=0.3,
    ),
    Workflow(
        name="proposal-writer",
        feature="proposal-writer",
        share=15,
        profile=CHAT,
        models=((SONNET, 2), (GPT_4O, 1)),
        steps=_steps("brief", "outline", "draft", "polish"),
        calls_per_run=(4, 10),
    ),
    Workflow(
        name="kyc-check",
        feature="kyc-check",
        share=12,
        profile=REASONING,
        models=((GPT_5, 1), (O3, 1)),
        steps=_steps("extract", "match", "decide"),
        calls_per_run=(3, 8),
    ),
    Workflow(
        name="translation",
        feature="translation",
        share=28,
        profile=CHAT,
        models=((GEMINI_FLASH, 2), (MISTRAL_SMALL, 1)),
        steps=_steps("translate", "review"),
        calls_per_run=(4, 14),
        weekend=0.5,
    ),
)

#: What the features without a workflow use, in turn.
_DIRECT_USES: Final = (
    (CHAT, ((GPT_4O_MINI, 2), (GPT_4O, 1))),
    (BATCH, ((MISTRAL_SMALL, 1), (GEMINI_FLASH, 1))),
    (CHAT, ((HAIKU, 2), (SONNET, 1))),
    (BATCH, ((GPT_5_MINI, 1),)),
    (REASONING, ((DEEPSEEK_R1, 1),)),
)


def _direct_calls() -> tuple[Workflow, ...]:
    """Give every feature without a workflow single calls, the later ones ever fewer."""
    taken = {workflow.feature for workflow in _WORKFLOWS}
    calls = []
    for rank, feature in enumerate(name for name in _FEATURES if name not in taken):
        profile, models = _DIRECT_USES[rank % len(_DIRECT_USES)]
        share = 2 + 24 // (rank + 1)
        calls.append(
            Workflow(name="", feature=feature, share=share, profile=profile, models=models)
        )
    return tuple(calls)


#: A middling company: 12 teams, 40 features, 15 workflows, 200 customers, 12 models of 5 providers.
DEFAULT: Final = Company(
    name="default",
    features=_FEATURES,
    customers=invented_customers(200),
    users=tuple(f"dev-{number:02d}" for number in range(1, 61)),
    workflows=_WORKFLOWS,
    direct=_direct_calls(),
    unknown_model=IN_HOUSE,
    unknown_model_share=0.006,
    untagged_share=0.03,
    environments=(("production", 46), ("staging", 3), ("development", 1)),
)
