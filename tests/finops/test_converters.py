"""Values in addresses: every value of the ledger has an address of its own, and comes back."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from django.urls import Resolver404, resolve, reverse
from hypothesis import example, given, settings
from hypothesis import strategies as st

VALUES = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1, max_size=500
)


@settings(deadline=None)
@given(VALUES)
@example("a/b")
@example("a/")
@example("/")
@example("//evil.example")
@example(".")
@example("..")
@example("../../settings")
@example("~..")
@example("~~.")
@example("a?b=c#d")
@example("100% %2F %2e%2e")
@example("first\nsecond\r\n")
@example("\N{RIGHT-TO-LEFT OVERRIDE}txt.exe")
@example("🦀" * 500)
def test_every_value_comes_back_from_its_address(value: str) -> None:
    address = reverse("workflow", args=[value])

    assert resolve(unquote(address)).kwargs == {"workflow": value}


@settings(deadline=None)
@given(VALUES)
@example("..")
@example("a/../../b")
def test_no_browser_takes_a_part_of_it_for_a_folder(value: str) -> None:
    """Browsers resolve dots in every spelling before they ask."""
    segments = unquote(reverse("workflow", args=[value])).split("/")

    assert not {".", ".."} & set(segments)


def test_it_stays_on_this_site() -> None:
    assert re.match(r"/workflows/[^/]", reverse("workflow", args=["x//evil.example"]))
    assert reverse("workflow", args=["//evil.example"]).startswith("/workflows/")


@pytest.mark.parametrize("path", ["/workflows/%00/", "/workflows/" + "x" * 501 + "/"])
def test_what_the_ledger_refuses_has_no_page(path: str) -> None:
    with pytest.raises(Resolver404):
        resolve(unquote(path))


@pytest.mark.parametrize("path", ["/runs/agent/", "/runs/" + "g" * 32 + "/", "/runs/../"])
def test_only_opaque_ids_lead_to_runs(path: str) -> None:
    with pytest.raises(Resolver404):
        resolve(path)
