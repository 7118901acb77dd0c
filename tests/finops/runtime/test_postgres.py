"""The embedded database starts by itself, survives what befalls it, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finops.runtime import accounts, postgres, processes

from .conftest import REPOSITORY, Home, eventually

try:
    postgres.binaries()
except postgres.PostgresUnavailableError as error:
    pytest.skip(str(error), allow_module_level=True)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can play other accounts")


def test_the_last_client_that_leaves_takes_server_and_keeper_along(home: Home) -> None:
    first, second = home.client(), home.client()
    assert first.ready() == second.ready()
    assert len(home.servers()) == 1
    first.leave()
    assert second.ask("SELECT 1") == "1"
    second.leave()
    assert home.left() == []


def test_two_clients_that_start_together_share_one_server(home: Home) -> None:
    clients = [home.client() for _ in range(4)]
    assert len({client.ready() for client in clients}) == 1
    assert len(home.servers()) == 1
    for client in clients:
        client.process.stdin.close()  # type: ignore[union-attr]
    for client in clients:
        client.process.wait(timeout=30)
    assert home.left() == []


def test_what_was_written_is_there_after_the_next_start(home: Home) -> None:
    client = home.client()
    client.ready()
    client.ask("CREATE TABLE kept AS SELECT 42 AS n")
    client.leave()
    client = home.client()
    client.ready()
    assert client.ask("SELECT n FROM kept") == "42"
    client.leave()


@pytest.mark.slow
def test_starts_that_race_stops_end_well(home: Home) -> None:
    for _ in range(3):
        leaving = home.client()
        leaving.ready()
        leaving.process.stdin.close()  # type: ignore[union-attr]
        coming = home.client()
        coming.ready()
        assert len(home.servers()) == 1
        assert coming.ask("SELECT 1") == "1"
        coming.leave()
        leaving.process.wait(timeout=30)
    assert home.left() == []


def test_a_killed_client_keeps_no_server_alive(home: Home) -> None:
    client = home.client()
    client.ready()
    client.kill()
    assert processes.wait_gone(home.left, seconds=10)


def test_a_client_killed_while_it_starts_the_server_leaves_a_usable_folder(home: Home) -> None:
    client = home.client()
    assert eventually(lambda: (home.data / "postgres" / "server.json").exists())
    client.kill()
    again = home.client()
    again.ready()
    assert again.ask("SELECT 1") == "1"
    again.leave()
    assert home.left() == []


def test_a_killed_server_comes_back_with_its_data(home: Home) -> None:
    client = home.client()
    client.ready()
    client.ask("CREATE TABLE kept AS SELECT 42 AS n")
    (server,) = home.servers()
    os.kill(server, signal.SIGKILL)
    assert eventually(
        lambda: home.state()["status"] == "ready" and home.servers() not in ([], [server])
    )
    assert client.ask("SELECT n FROM kept") == "42"
    client.leave()
    assert home.left() == []


def test_a_killed_keeper_is_replaced_and_the_server_adopted(home: Home) -> None:
    first = home.client()
    first.ready()
    servers = home.servers()
    os.kill(home.state()["keeper"], signal.SIGKILL)
    second = home.client()
    second.ready()
    assert home.servers() == servers
    assert first.ask("SELECT 1") == "1"
    first.leave()
    second.leave()
    assert home.left() == []


def test_the_last_client_stops_the_server_of_a_killed_keeper(home: Home) -> None:
    client = home.client()
    client.ready()
    os.kill(home.state()["keeper"], signal.SIGKILL)
    client.leave()
    assert home.left() == []


def test_where_no_socket_can_be_bound_it_listens_on_this_machine_alone(home: Home) -> None:
    client = home.client()
    folder = Path(client.ready())
    client.leave()
    # In the way of the socket by which the keeper finds out.
    (folder / ".trial").mkdir()
    client = home.client()
    assert client.ready() == "127.0.0.1"
    assert client.ask("SELECT inet_server_addr()") == "127.0.0.1"
    client.leave()
    assert home.left() == []


def test_keeper_and_client_killed_together_are_cleared_by_the_next_client(home: Home) -> None:
    client = home.client()
    client.ready()
    os.kill(home.state()["keeper"], signal.SIGKILL)
    client.kill()
    assert len(home.servers()) == 1
    again = home.client()
    again.ready()
    again.leave()
    assert home.left() == []


def test_keeper_and_server_killed_together_come_back(home: Home) -> None:
    client = home.client()
    client.ready()
    client.ask("CREATE TABLE kept AS SELECT 42 AS n")
    state = home.state()
    os.kill(state["keeper"], signal.SIGKILL)
    os.kill(state["server"], signal.SIGKILL)
    assert client.ask("SELECT n FROM kept") == "42"
    client.leave()
    assert home.left() == []


def test_a_forked_child_does_not_take_the_server_along(home: Home) -> None:
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from finops.runtime import postgres\n"
        "import psycopg\n"
        "reach = postgres.join()\n"
        "if os.fork() == 0:\n    sys.exit(0)\n"
        "assert os.wait()[1] == 0\n"
        "print(psycopg.connect(**reach.parameters()).execute('SELECT 7').fetchone()[0])\n"
    )
    done = _python(script, home.data)
    assert (done.stdout.strip(), done.stderr) == ("7", "")
    assert home.left() == []


def test_a_folder_moved_or_copied_while_stopped_gets_sockets_of_its_own(
    home: Home, open_folder: Path
) -> None:
    client = home.client()
    before = client.ready()
    client.leave()
    home.data.rename(open_folder / "moved")
    moved = Home(open_folder / "moved")
    try:
        client = moved.client()
        assert client.ready() != before
        assert client.ask("SELECT 1") == "1"
        client.leave()
        assert moved.left() == []
    finally:
        moved.close()


def test_a_data_folder_deleted_under_the_server_ends_it(home: Home) -> None:
    client = home.client()
    client.ready()
    left = home.left()
    (home.data / "postgres").rename(home.data.parent / "gone")
    assert processes.wait_gone(lambda: [p for p in left if processes.is_alive(p)], seconds=20)
    (home.data.parent / "gone").rename(home.data / "postgres")


def test_the_password_is_needed_and_private(home: Home) -> None:
    client = home.client()
    host = client.ready()
    secret = home.data / "secrets" / "database-password"
    assert oct(secret.stat().st_mode & 0o777) == "0o600"
    assert oct(Path(host).stat().st_mode & 0o777) == "0o700"
    script = (
        "import psycopg, sys\n"
        f"psycopg.connect(host={host!r}, user='costline', password='wrong', dbname='costline')\n"
    )
    assert "password authentication failed" in _python(script, home.data).stderr
    client.leave()


@as_root
def test_an_ordinary_user_needs_nothing_special(home: Home, open_folder: Path) -> None:
    python = next(filter(accounts_can_read, _interpreters()), None)
    if python is None or not accounts_can_read(REPOSITORY, postgres.binaries()):
        pytest.skip("the account 'nobody' cannot reach this checkout, its packages or a Python")
    client = home.client(user="nobody", python=python)
    client.ready()
    assert client.ask("SELECT 1") == "1"
    client.leave()
    assert home.left() == []


@as_root
def test_root_runs_the_server_as_another_account_below_a_closed_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    home = Home(tmp_path / "closed" / "data")
    home.data.parent.mkdir(mode=0o700)
    try:
        client = home.client()
        client.ready()
        assert client.ask("SELECT 1") == "1"
        (server,) = home.servers()
        assert Path(f"/proc/{server}").stat().st_uid != 0
        assert oct(home.data.parent.stat().st_mode & 0o777) == "0o700"
        assert home.data.stat().st_uid == 0
        client.leave()
        assert home.left() == []
    finally:
        home.close()


@as_root
def test_without_the_capability_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(accounts, "_entering_capability", lambda: None)
    account = accounts.service_account(tmp_path / "cluster")
    with pytest.raises(accounts.AccountError, match="COSTLINE_DATA_DIR"):
        accounts.prefix(account, readable=[tmp_path])


def test_checking_a_project_starts_no_server(home: Home) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import django\n"
        "from django.conf import settings\n"
        "from finops.runtime.database import database_settings\n"
        "settings.configure(DATABASES={'default': database_settings()})\n"
        "django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('check')\n"
    )
    assert _python(script, home.data).returncode == 0
    assert not (home.data / "postgres").exists()


def test_django_connects_also_to_a_database_of_another_name(home: Home) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import django\n"
        "from django.conf import settings\n"
        "from finops.runtime.database import database_settings\n"
        "settings.configure(DATABASES={'default': database_settings()})\n"
        "django.setup()\n"
        "from django.db import connection\n"
        "connection.creation.create_test_db(verbosity=0, serialize=False)\n"
        "with connection.cursor() as cursor:\n"
        "    cursor.execute('SELECT current_database()')\n"
        "    print(cursor.fetchone()[0])\n"
        "connection.creation.destroy_test_db('costline', verbosity=0)\n"
    )
    done = _python(script, home.data)
    assert (done.stdout.strip(), done.stderr) == ("test_costline", "")
    assert home.left() == []


def _python(script: str, data: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-c", script, str(REPOSITORY)],
        env=kept | {"COSTLINE_DATA_DIR": str(data)},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _interpreters() -> list[Path]:
    """Return this Python, and the system's when it is of the same version."""
    system = Path(f"/usr/bin/python3.{sys.version_info.minor}")
    return [
        Path(path) for path in (os.path.realpath(sys.executable), system) if Path(path).exists()
    ]


def accounts_can_read(*wanted: Path) -> bool:
    """Tell whether 'nobody' can read all of these."""
    import pwd

    entry = pwd.getpwnam("nobody")
    account = accounts.Account(entry.pw_uid, entry.pw_gid, steps_down=True)
    unreachable: Callable[..., Any] = accounts._unreachable
    return unreachable(account, wanted) is None
