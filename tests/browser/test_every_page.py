"""Every page, on a desk and a phone, light and dark: nothing may be wrong on any of them."""

from __future__ import annotations

import pytest
from django.test import override_settings

from tests.browser.company import ADDRESSES, address_of
from tests.browser.conftest import SIZES, THEMES, Visit


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wrong(visit: Visit, name: str, size: str) -> None:
    visitor = visit("admin", size=size)
    with override_settings(DEBUG=name == "style guide"):
        page = visitor.open(address_of(name))
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            assert not any(visitor.faults().values()), (theme, visitor.faults())
    assert page.locator("h1").count() == 1
    assert page.title().endswith("· Costline")
