"""Files of sample calls, each written while the one before it is being imported.

The writing process starts with this module and must find it free of Django and the database.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

from ingest.generator.demo_company import Calendar, Gateway

_SPAWN: Final = multiprocessing.get_context("spawn")


def written(
    gateways: Sequence[Gateway], calendar: Calendar, folder: Path
) -> Iterator[tuple[Gateway, Path]]:
    """Give each gateway with its file, in order. Raises ValueError when one cannot be written."""
    writers = [_writer(gateway, calendar, folder) for gateway in gateways]
    for place, (gateway, writer) in enumerate(zip(gateways, writers, strict=True)):
        if place == 0:
            writer.start()
        writer.join()
        if writer.exitcode:
            raise ValueError(f"the calls of {gateway.source} could not be written; see above")
        for following in writers[place + 1 : place + 2]:
            following.start()
        yield gateway, _path(gateway, folder)


def _writer(gateway: Gateway, calendar: Calendar, folder: Path) -> SpawnProcess:
    target = _path(gateway, folder)
    return _SPAWN.Process(target=_write, args=(gateway, target, calendar), daemon=True)


def _write(gateway: Gateway, path: Path, calendar: Calendar) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the importing process's to answer
    gateway.write(path, calendar)


def _path(gateway: Gateway, folder: Path) -> Path:
    return folder / f"{gateway.source}{gateway.dialect.suffix}.gz"
