"""One run of one workflow: its calls, in order, as lines of a file."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple, TypeVar

from ingest.generator.calls import Call
from ingest.generator.clock import rfc3339
from ingest.generator.company import Company, Model, Step
from ingest.generator.dialects import Dialect
from ingest.generator.lanes import Lane, weighted, zipf
from ingest.generator.profiles import TABLE_SIZE, Spread

T = TypeVar("T")

#: Providers cache no prompt shorter than this.
SHORTEST_CACHED: Final = 1_024
#: A failed call is tried again this often, all in all, and not always.
MAX_ATTEMPTS: Final = 4
RETRY_SHARE: Final = 0.85
#: Of the aborted calls a third is billed: the prompt, and what had been written by then.
ABORTED_BILLED_SHARE: Final = 1 / 3
#: Runs that keep their cache for an hour; the others for five minutes.
LONG_CACHE_SHARE: Final = 0.37
TIMEOUT_MS: Final = 60_000
#: Of the calls without attribution so many carry a tag from which a rule can tell.
TELLING_TAG_SHARE: Final = 0.5
ERRORS: Final = ("rate_limit_exceeded", "overloaded", "internal_server_error")

# Counting on in steps of an odd constant visits every 64-bit number once: unique ids that an
# index meets in no order, as real ones are.
_STRIDE: Final = 0x9E3779B97F4A7C15
_MASK: Final = (1 << 64) - 1

UNNAMED: Final = Step("")


class Row(NamedTuple):
    """A finished line with its start (ms since 1970) and its number, by which files are sorted."""

    time: int
    number: int
    line: bytes


@dataclass(slots=True)
class Run:
    """A run in the making. ``call`` is one object that is filled and encoded anew for each call."""

    lane: Lane
    model: Model
    call: Call
    clock: int
    long_cache: bool
    loop: Step | None = None
    context: int = 0
    steps_done: int = 0
    step: Step = UNNAMED
    helping: bool = False
    retrying: bool = False
    attempt: int = 1
    parent: str | None = None


class RunWriter:
    """Writes runs; every draw comes from one generator, every id from one salt."""

    def __init__(
        self,
        *,
        company: Company,
        dialect: Dialect,
        rng: Random,
        salt: int,
        end_ms: int,
        reported_cost_share: float,
    ) -> None:
        self._company = company
        self._draw = rng.random
        self._salt = salt
        self._end_ms = end_ms
        self._reported_below = round(reported_cost_share * 1_000)
        self._calls = 0
        self._runs = 0
        self._line = dialect.line
        self._customers = zipf(company.customers)
        self._users = zipf(company.users)
        self._environments = weighted(company.environments)

    def write(
        self,
        lane: Lane,
        *,
        begin: int,
        calls: int,
        successor: Lane | None = None,
        loop: Step | None = None,
    ) -> list[Row]:
        """Return the rows of one run that starts at ``begin`` (ms), ascending, before the end.

        With a ``successor`` the second half of the calls belongs to that workflow. A ``loop`` is
        the step that the run never gets beyond.
        """
        run = self._open(lane, begin, tagged=successor is not None or loop is not None)
        run.loop = loop
        longest_gap = (self._end_ms - 1 - begin) // calls
        rows = []
        for position in range(calls):
            if successor is not None and position == calls // 2:
                self._hand_over(run, successor)
            rows.append(self._next_row(run, last=position == calls - 1, longest_gap=longest_gap))
        return rows

    def _open(self, lane: Lane, begin: int, *, tagged: bool) -> Run:
        """Draw what stays the same throughout a run."""
        draw, company, workflow = self._draw, self._company, lane.workflow
        model = self._pick(lane.models)
        if company.unknown_model is not None and draw() < company.unknown_model_share:
            model = company.unknown_model
        call = Call(environment=self._pick(self._environments), api_key_id=company.api_key_id)
        if workflow.processing != "standard":
            call.processing = workflow.processing
        if workflow.name:
            self._runs += 1
            call.run = f"run-{self._scrambled(~self._runs):016x}"
        run = Run(lane, model, call, begin, draw() < LONG_CACHE_SHARE)
        if tagged or draw() >= company.untagged_share:
            self._attribute(call, lane)
        elif draw() < TELLING_TAG_SHARE:
            call.tags = {"service": workflow.name or workflow.feature}
        return run

    def _attribute(self, call: Call, lane: Lane) -> None:
        """Say for whom the calls of a run are made."""
        workflow = lane.workflow
        call.feature = workflow.feature
        call.team = lane.team
        call.workflow = workflow.name or None
        call.tags = lane.tags
        if workflow.internal:
            call.user = self._pick(self._users)
        elif workflow.main_customer and self._draw() < workflow.main_customer_share:
            call.customer = workflow.main_customer
        else:
            call.customer = self._pick(self._customers)

    def _hand_over(self, run: Run, lane: Lane) -> None:
        """Let another workflow carry on a run, for the same customer or user."""
        if run.retrying:
            run.parent, run.retrying = run.call.id, False
        run.lane, run.model = lane, self._pick(lane.models)
        run.steps_done = run.context = 0
        run.call.feature, run.call.team = lane.workflow.feature, lane.team
        run.call.workflow, run.call.tags = lane.workflow.name, lane.tags
        run.call.processing = None
        if lane.workflow.processing != "standard":
            run.call.processing = lane.workflow.processing

    def _next_row(self, run: Run, *, last: bool, longest_gap: int) -> Row:
        """Fill in the next call, and move the run's clock on to the one after it."""
        call = run.call
        self._choose_step(run, last=last)
        self._calls += 1
        key = self._scrambled(self._calls)
        call.id = f"call-{key:016x}"
        model = self._model_of(run)
        call.provider, call.model = model.provider, model.name
        started, status = run.clock, self._status(run.lane)
        billed = self._count_tokens(run, model, status)
        call.response_id = f"{model.response_prefix}{key ^ self._salt:016x}" if billed else None
        call.cost = self._reported_cost(call, model, key)
        call.currency = None if call.cost is None else "USD"
        call.status = status
        call.error = self._pick(ERRORS) if status == "error" else None
        call.time = rfc3339(started)
        line = self._line(call)
        run.clock += min(longest_gap, self._pause(run, status))
        self._conclude(run, status)
        return Row(started, self._calls, line)

    def _choose_step(self, run: Run, *, last: bool) -> None:
        """Go on to the next step, unless the last call is tried again."""
        call, workflow, steps = run.call, run.lane.workflow, run.lane.steps
        if not workflow.name:
            run.step = steps[0]
            return
        if run.retrying:
            run.attempt += 1
        else:
            run.attempt = 1
            call.parent = run.parent
            share = 0.0 if run.loop else workflow.profile.helper_share
            run.helping = bool(share) and run.steps_done > 0 and not last and self._draw() < share
            if not run.helping:
                run.step = _step_at(steps, run.steps_done, last=last, loop=run.loop)
                run.steps_done += 1
        call.step = "subagent" if run.helping else run.step.name
        call.attempt = run.attempt

    def _model_of(self, run: Run) -> Model:
        if run.helping:
            return run.lane.workflow.helper or run.model
        return run.step.model or run.model

    def _status(self, lane: Lane) -> str:
        fate = self._draw()
        error, timeout, aborted, cached = lane.fate_below
        if fate >= cached:
            return "ok"
        if fate < error:
            return "error"
        if fate < timeout:
            return "timeout"
        return "cancelled" if fate < aborted else "cached"

    def _count_tokens(self, run: Run, model: Model, status: str) -> bool:
        """Fill in tokens and latency; return whether the provider gave an answer to bill."""
        call, profile = run.call, run.lane.workflow.profile
        latency = self._draw_from(profile.first_token)
        if status == "error" or (status == "cancelled" and self._draw() >= ABORTED_BILLED_SHARE):
            self._set_tokens(run, model, prompt=0, output=0)
            call.latency_ms = latency
            return False
        prompt = self._prompt(run)
        if status == "timeout":
            self._set_tokens(run, model, prompt=prompt, output=0)
            call.latency_ms = TIMEOUT_MS
            return False
        factor = run.lane.output_factor * (1.0 if run.helping else run.step.output)
        output = max(1, int(self._draw_from(profile.output) * factor))
        if status == "cancelled":
            output = output // 3 + 1
        self._set_tokens(run, model, prompt=prompt, output=output)
        if status == "cached":
            call.latency_ms = 4 + latency % 40
            return False
        call.latency_ms = latency + output * profile.ms_per_output_token
        return True

    def _prompt(self, run: Run) -> int:
        """Return the tokens sent: a new prompt, or in a conversation all that went before."""
        profile = run.lane.workflow.profile
        if profile.growth is None or run.context == 0 or run.helping:
            prompt = self._draw_from(profile.prompt)
        else:
            prompt = run.context
        factor = run.lane.prompt_factor * (1.0 if run.helping else run.step.prompt)
        return max(1, min(profile.context_limit, int(prompt * factor)))

    def _set_tokens(self, run: Run, model: Model, *, prompt: int, output: int) -> None:
        """Write the counts, wholes and parts."""
        call, profile = run.call, run.lane.workflow.profile
        call.input_tokens, call.output_tokens = prompt, output
        call.cache_read_tokens = call.cache_write_tokens = call.cache_write_1h_tokens = None
        if run.lane.caching and prompt >= SHORTEST_CACHED:
            first = run.steps_done <= 1 or run.helping
            low, high = profile.cold_permille if first else profile.warm_permille
            read = prompt * (low + int(self._draw() * (high - low + 1))) // 1_000
            call.cache_read_tokens = read
            if model.cache_writes:
                written = (prompt - read) * 49 // 50
                call.cache_write_tokens = 0 if run.long_cache else written
                call.cache_write_1h_tokens = written if run.long_cache else None
        call.reasoning_tokens = None
        if profile.reasoning_permille is not None:
            low, high = profile.reasoning_permille
            call.reasoning_tokens = output * (low + int(self._draw() * (high - low + 1))) // 1_000

    def _reported_cost(self, call: Call, model: Model, key: int) -> str | None:
        """Return what a gateway would say the call cost; the id decides whether it says so.

        No draw decides, so that a file with reported costs equals the one without in all else.
        """
        if (key >> 20) % 1_000 >= self._reported_below or not model.output_price:
            return None
        if call.response_id is None or call.input_tokens is None or call.output_tokens is None:
            return None
        read = call.cache_read_tokens or 0
        nanos = (
            (call.input_tokens - read) * model.input_price
            + read * model.cached_price
            + call.output_tokens * model.output_price
        )
        return f"{nanos // 10**9}.{nanos % 10**9:09d}"

    def _pause(self, run: Run, status: str) -> int:
        """Return the ms until the run's next call starts."""
        latency = run.call.latency_ms or 0
        if status in ("error", "timeout"):
            return latency + (1_000 << run.attempt)
        return latency + self._draw_from(run.lane.workflow.profile.pause)

    def _conclude(self, run: Run, status: str) -> None:
        """Leave the run as its next call finds it."""
        call, profile = run.call, run.lane.workflow.profile
        failed = status in ("error", "timeout")
        run.retrying = failed and run.attempt < MAX_ATTEMPTS and self._draw() < RETRY_SHARE
        if run.retrying or run.helping or not run.lane.workflow.name:
            return
        run.parent = call.id
        if profile.growth is None or not call.input_tokens:
            return
        if run.context == 0:
            # Steps and changes scale what is sent, not what the conversation holds.
            run.context = int(call.input_tokens / (run.lane.prompt_factor * run.step.prompt))
        run.context += (call.output_tokens or 0) + self._draw_from(profile.growth)

    def _scrambled(self, number: int) -> int:
        return (number * _STRIDE + self._salt) & _MASK

    def _pick(self, items: tuple[T, ...]) -> T:
        return items[int(self._draw() * len(items))]

    def _draw_from(self, spread: Spread) -> int:
        return spread.table[int(self._draw() * TABLE_SIZE)]


def _step_at(steps: tuple[Step, ...], done: int, *, last: bool, loop: Step | None) -> Step:
    """Return the first step first, the last one last, and go round the ones between.

    With a ``loop`` that is as far as it gets.
    """
    if loop is not None and done >= [step.name for step in steps].index(loop.name):
        return loop
    middle = steps[1:-1]
    if done == 0:
        return steps[0]
    if last or not middle:
        return steps[-1]
    return middle[(done - 1) % len(middle)]
