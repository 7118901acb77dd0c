"""The overview without JavaScript, without its chart, on paper, on a projector, and its weight."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.browser.conftest import Visit
from tests.conftest import ROOT

#: Bytes over the wire, compressed (UX 11); the server compresses what it serves by itself.
HTML, OWN, WITHOUT_PLOTLY, WITH_PLOTLY = 25_000, 20_000, 120_000, 480_000


def test_without_javascript_every_number_and_filter_is_there(visit: Visit) -> None:
    visitor = visit("viewer", javascript=False)
    page = visitor.page
    page.goto(visitor.url)

    assert page.locator(".chart").first.is_hidden()
    page.get_by_text("Show as table").first.click()
    assert page.locator("details.data tbody tr").count() >= 1
    page.locator("select[name=period]").select_option("30d")
    page.get_by_role("button", name="Apply").click()
    assert "period=30d" in page.url
    assert page.locator("#h-top").is_visible()


def test_a_figure_that_fails_says_so_and_shows_its_table(visit: Visit) -> None:
    visitor = visit("viewer")
    page = visitor.page
    page.route("**/api/v1/figures/**", lambda route: route.fulfill(status=500, body="no"))
    page.goto(visitor.url)

    page.get_by_role("alert").get_by_text("did not load").wait_for()
    assert page.locator("details.data").first.get_attribute("open") is not None
    assert visitor.axe() == []
    page.unroute("**/api/v1/figures/**")
    page.get_by_role("button", name="Try again").click()
    page.locator(".chart[data-state=ready]").wait_for()


def test_it_prints_on_two_pages_in_light_colours(visit: Visit) -> None:
    visitor = visit("viewer", theme="dark")
    page = visitor.open("/")
    paper = page.pdf(prefer_css_page_size=True, print_background=True)

    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".printmeta").is_visible()
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) <= 2


def test_a_projector_sees_everything_larger(visit: Visit) -> None:
    visitor = visit("viewer")
    plain = visitor.open("/").evaluate("getComputedStyle(document.querySelector('h1')).fontSize")
    large = visitor.open("/?present").evaluate(
        "getComputedStyle(document.querySelector('h1')).fontSize"
    )

    assert float(large.removesuffix("px")) == pytest.approx(1.25 * float(plain.removesuffix("px")))


def test_it_fits_a_narrow_window(visit: Visit) -> None:
    visitor = visit("viewer")
    visitor.page.set_viewport_size({"width": 320, "height": 640})
    page = visitor.open("/")

    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0


def test_it_stays_within_its_weight_and_does_not_jump(visit: Visit) -> None:
    visitor = visit("viewer")
    page = visitor.open("/")
    sizes = {path: over_the_wire(path, size) for path, size in visitor.weights.items()}
    library = sum(size for path, size in sizes.items() if "plotly-basic" in path)
    own = sum(size for path, size in sizes.items() if re.search(r"/static/(css|js)/", path))

    assert sizes["/"] <= HTML
    assert own <= OWN
    assert sum(sizes.values()) - library <= WITHOUT_PLOTLY
    assert sum(sizes.values()) <= WITH_PLOTLY
    assert len(sizes) <= 15
    assert page.evaluate("window.shifted") <= 0.02
    assert page.evaluate("document.querySelectorAll('*').length") <= 3_000


def over_the_wire(path: str, size: int) -> int:
    """Give the compressed size: static files are compressed once, when the product is served."""
    if not path.startswith("/static/") or path.endswith(".woff2"):
        return size
    return len(gzip.compress((ROOT / path.removeprefix("/")).read_bytes()))


def test_the_theme_is_kept_by_the_server(visit: Visit) -> None:
    visitor = visit("viewer")
    page = visitor.open("/")
    page.get_by_role("button", name="Dark").click()

    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert visitor.open("/").locator("html").get_attribute("data-theme") == "dark"
