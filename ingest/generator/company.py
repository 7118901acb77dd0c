"""The shape of an invented company: its features, customers, workflows, and what befalls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ingest.generator.profiles import Profile
from ingest.generator.rhythms import OFFICE

#: For ``caching_from``: prompt caching has been on since before every file.
ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


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
    steps: tuple[Step, ...] | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Runaway:
    """One run, at a moment, that comes to a step and takes it again until somebody stops it.

    The step bears the name of one of the workflow's; ``calls`` are those of the whole run.
    """

    at: datetime
    calls: int
    step: Step


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
    runaways: tuple[Runaway, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Company:
    """Everything about a company that does not depend on chance.

    ``features`` maps a feature to its owning team; ``customers`` are ordered by size (Zipf).
    ``daily_growth`` is linear: 0.01 adds a hundredth of the first day's traffic every day. With
    ``shared_run`` one single run of a file belongs to two workflows. With ``api_key_id`` every call
    names the key that it was made with.
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
    shared_run: bool = True
    api_key_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse work of a feature that nobody owns."""
        for workflow in (*self.workflows, *self.direct):
            if workflow.feature not in self.features:
                raise ValueError(
                    f"{workflow.name or 'direct calls'}: no feature {workflow.feature}"
                )
