"""State lives in one folder; sockets in a short private one that is checked before each use."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from finops.runtime import paths


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder."""
    monkeypatch.setenv("COSTLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path / "data"


def test_the_data_folder_is_absolute_and_made(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COSTLINE_DATA_DIR", "some where")
    assert paths.data_dir() == tmp_path / "some where"
    assert paths.data_dir().is_dir()


def test_a_secret_is_made_once_and_kept_private(data: Path) -> None:
    first = paths.secret("key")
    assert len(first) == 64
    assert paths.secret("key") == first
    assert paths.secret("other") != first
    assert oct((data / "secrets" / "key").stat().st_mode & 0o777) == "0o600"


def test_the_socket_folder_is_remembered() -> None:
    assert paths.socket_dir() == paths.socket_dir()
    assert oct(paths.socket_dir().stat().st_mode & 0o777) == "0o700"


def test_a_socket_folder_that_others_may_enter_is_replaced() -> None:
    before = paths.socket_dir()
    before.chmod(0o755)
    assert paths.socket_dir() != before


def test_a_link_in_the_place_of_the_socket_folder_is_not_followed(tmp_path: Path) -> None:
    before = paths.socket_dir()
    before.rename(tmp_path / "elsewhere")
    before.symlink_to(tmp_path / "elsewhere")
    assert paths.socket_dir() != before


def test_a_copied_data_folder_gets_a_socket_folder_of_its_own(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = paths.socket_dir()
    shutil.copytree(data, data.with_name("copy"))
    monkeypatch.setenv("COSTLINE_DATA_DIR", str(data.with_name("copy")))
    assert paths.socket_dir() != before


def test_a_long_temporary_folder_is_avoided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    made = paths.socket_dir()
    assert len(str(made)) <= paths.LONGEST_SOCKET_DIR
    shutil.rmtree(made)
