"""PostgreSQL as Django knows it, with a server that is started by the first connection.

Settings name no host and no password; so ``manage.py check`` starts nothing, and two checkouts
never meet. Test databases and the administrative connection go the same way.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final

import psycopg
from django.db.backends.postgresql import base, client
from django.db.utils import OperationalError

from finops.runtime import postgres

#: Seconds to keep trying while the server starts, recovers or is being replaced.
PATIENCE: Final = 120.0

#: What libpq says of a server that will be there in a moment (it gives no SQLSTATE this early).
#: Nothing has been asked of the server yet, so trying again is safe.
PASSING: Final = (
    "the database system is",  # starting up, shutting down, in recovery mode
    "No such file or directory",
    "Connection refused",
    "Connection reset",
    "server closed the connection unexpectedly",
    "terminating connection due to",
)


def _reach() -> postgres.Reach:
    try:
        return postgres.join()
    except postgres.PostgresUnavailableError as error:
        raise OperationalError(str(error)) from error


class DatabaseClient(client.DatabaseClient):
    """``manage.py dbshell``: the wheel's own psql, against the embedded server."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Return psql's arguments and environment, with the embedded server's address."""
        reach = _reach()
        merged = settings_dict | {
            "HOST": reach.host,
            "PORT": reach.port,
            "USER": reach.user,
            "PASSWORD": reach.password,
        }
        arguments, variables = super().settings_to_cmd_args_env(merged, parameters)
        return [str(postgres.binaries() / "psql"), *arguments[1:]], variables


class DatabaseWrapper(base.DatabaseWrapper):
    """Starts or joins the embedded server, then connects as Django always does."""

    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        """Return psycopg's arguments. Starts the server when need be."""
        parameters: dict[str, Any] = super().get_connection_params()
        name = parameters["dbname"]
        return parameters | _reach().parameters() | {"dbname": name}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; wait while the server starts, recovers from a crash or is being replaced."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return super().get_new_connection(conn_params)
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or not _passes(error):
                    raise
            time.sleep(0.1)
            conn_params = conn_params | _reach().parameters() | {"dbname": conn_params["dbname"]}


def _passes(error: Exception) -> bool:
    return any(words in str(error) for words in PASSING)
