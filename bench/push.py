"""(d) Pushing: calls a second, and how soon a pushed call is visible to a reader."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, Final

from bench import stack
from bench.ground import REPOSITORY, Size, Worker, cut, empty_ledger, run_workers, usage_file
from bench.rounds import Figure, Rounds, interleave, percentile, seconds_of

#: Calls in one request.
BATCH: Final = 1_000
#: Probes on an idle stack, and the most while an import runs.
PROBES, MOST_PROBES = 30, 200
#: Seconds between two looks, and until a call counts as lost.
LOOK_EVERY, PATIENCE = 0.02, 300.0


def figures(size: Size) -> list[Figure]:
    """Run the whole stack, push to it, and ask it."""
    empty_ledger()
    chunks = 2 * size.rounds
    rest = size.calls - chunks * size.chunk
    *parts, base = cut(usage_file(size), [*[size.chunk] * chunks, rest])
    with stack.running() as running:
        client = Client(running.url)
        done = _rounds(client, parts, size.rounds)
        idle = [client.seconds_to_visible() for _ in range(PROBES)]
        busy = _while_importing(client, base)
    return [
        _throughput(done, size),
        _visible("idle", idle, []),
        _visible(f"while {rest:,} rows are imported", busy, idle),
    ]


class Client:
    """One caller with one key. A connection per request: the web server keeps none."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = count(time.time_ns())
        command = [sys.executable, "manage.py", "apikey", "create", "bench", "--source", "pushed"]
        made = subprocess.run(
            [*command, "--scope", "admin", "--rate", "1000000", "--json"],
            cwd=REPOSITORY,
            capture_output=True,
            check=True,
        )
        self._key = json.loads(made.stdout)["key"]

    def push(self, calls: bytes) -> dict[str, Any]:
        """POST a JSON list of calls."""
        return self._ask("/api/v1/calls/", calls)

    def push_one(self, feature: str) -> None:
        """POST the one call of a feature."""
        call = {
            "id": feature,
            "time": time.time(),
            "provider": "openai",
            "model": "gpt-4o",
            "input_tokens": 1000,
            "output_tokens": 100,
            "feature": feature,
        }
        self.push(json.dumps([call]).encode())

    def seconds_to_visible(self) -> float:
        """POST a call of a new feature; look until its cost is told."""
        feature = f"probe-{next(self._numbers)}"
        start = time.perf_counter()
        self.push_one(feature)
        question = f"/api/v1/costs/?by=feature&filter=feature={feature}"
        while not self._ask(question)["rows"]:
            if time.perf_counter() - start > PATIENCE:
                raise RuntimeError("a pushed call never became visible")
            time.sleep(LOOK_EVERY)
        return time.perf_counter() - start

    def _ask(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, body, headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            told: dict[str, Any] = json.loads(answer.read())
        return told


def _rounds(client: Client, parts: list[Path], rounds: int) -> Rounds:
    """Push one part, import the next as a file, and so on."""
    left = iter(parts)

    def push() -> float:
        bodies = _bodies(next(left))
        return seconds_of(lambda: _push_all(client, bodies))

    def file() -> float:
        return run_workers({"bench": next(left)})[0]

    return interleave({"push": push, "file": file}, rounds)


def _bodies(path: Path) -> list[bytes]:
    lines = path.read_bytes().splitlines()
    return [b"[%s]" % b",".join(lines[at : at + BATCH]) for at in range(0, len(lines), BATCH)]


def _push_all(client: Client, bodies: list[bytes]) -> None:
    for body in bodies:
        if client.push(body)["rejected"]:
            raise RuntimeError("a generated call was rejected")


def _while_importing(client: Client, path: Path) -> list[float]:
    worker = Worker(path, "bench")
    worker.go()
    seconds: list[float] = []
    still: Callable[[], bool] = worker.is_running
    while still() and len(seconds) < MOST_PROBES:
        seconds.append(client.seconds_to_visible())
    worker.result()
    return seconds


def _throughput(done: Rounds, size: Size) -> Figure:
    rate, base = (size.chunk / done.median(case) for case in ("push", "file"))
    return Figure(
        f"push, {BATCH:,} calls a request, over the import of a file of {size.chunk:,} (calls/s)",
        done.ratio("file", "push"),
        f"{rate:,.0f} calls/s over {base:,.0f}",
        size.rounds,
        done.loads,
        notes="pushed calls are durable when the answer comes; the file's rollups are fresh",
        details={"seconds": done.seconds},
    )


def _visible(when: str, seconds: list[float], idle: list[float]) -> Figure:
    half, most = percentile(seconds, 50), percentile(seconds, 95)
    over = f"; {half / percentile(idle, 50):.1f} × idle" if idle else ""
    return Figure(
        f"POST to visible, {when}",
        None,
        f"p50 {half:.3f} s, p95 {most:.3f} s, most {max(seconds):.3f} s{over}",
        len(seconds),
        [],
        details={"seconds": seconds},
    )
