"""The weekly review: six screens that a meeting goes through, and the page that stays of it.

Whatever a screen shows comes from the review's document. While the review is open, that is read
anew; once it is closed, it is the frozen text, and nothing of the ledger is asked any more but what
the same days add up to today.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from finops.access.rights import Right, may
from finops.models import Review, ReviewVersion
from finops.reviews.closing import may_reopen, shown, since, verify
from finops.reviews.deciding import may_confirm
from finops.reviews.document import Document, loaded
from finops.reviews.pulse import pulse
from finops.web.requests import page_number, text
from finops.web.reviews.weekly import screens, words
from finops.web.reviews.weekly.chart import HEIGHT, chart, table
from finops.web.reviews.weekly.forms import MOST_PEOPLE, ActionForm, people
from finops.web.rights import needs

_SCREENS: Final = {str(number): number for number in range(1, 7)}
#: Pixels that the drawing has on a projector, so that the screen needs no scrolling.
_PROJECTED_CHART: Final = 200
#: More rows than a review has.
_ALL: Final = 10_000


def find(key: str) -> Review:
    """Find a weekly review by its week. Raises Http404."""
    return get_object_or_404(Review, kind=Review.WEEKLY, key=key)


@needs(Right.SEE)
def weekly(request: HttpRequest, key: str) -> HttpResponse:
    """Show one screen of a review, as it is read now or as it was read when it was closed."""
    return page(request, find(key))


@needs(Right.SEE)
def live(request: HttpRequest, key: str) -> HttpResponse:
    """Give what others may have changed on a screen meanwhile; nothing (204) when they have not."""
    review = find(key)
    if text(request, "seen", 16) == pulse(review, timezone.now()):
        return HttpResponse(status=204)
    return changed(request, review)


@needs(Right.SEE)
def document(request: HttpRequest, key: str) -> HttpResponse:
    """Give a frozen document, to the byte."""
    version = _version(request, find(key))
    if version is None:
        raise Http404
    answer = HttpResponse(version.document.encode(), content_type="application/json")
    name = f"weekly-review-{key}-version-{version.number}.json"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def page(
    request: HttpRequest,
    review: Review,
    *,
    form: ActionForm | None = None,
    row: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the page; ``form`` is an action that was refused, typed under the row ``row``."""
    version = _version(request, review)
    context = _context(request, review, version)
    context |= _whole(context["document"], projects=_projects(request)) | {
        "refused": form,
        "refused_row": row,
    }
    if version is not None:
        context |= _closed(review, version)
    return render(request, "pages/reviews/weekly/page.html", context, status=status)


def changed(
    request: HttpRequest, review: Review, *, saved: str = "", lost: object = None
) -> HttpResponse:
    """Give the parts of a screen that people change, each to be put in its place.

    ``saved`` says when something was; ``lost`` what it wrote over, and where.
    """
    context = _context(request, review, _version(request, review))
    context |= {"saved": saved, "lost": lost, "oob": True}
    return render(request, "pages/reviews/weekly/changed.html", context)


def screen_of(request: HttpRequest) -> int:
    """Give the screen that is asked for; the first for whatever is none."""
    return _SCREENS.get(text(request, "screen", 1), screens.WHERE_WE_STAND)


def _projects(request: HttpRequest) -> bool:
    """Say whether the page is on a projector, where nothing scrolls."""
    return "present" in request.GET


def _version(request: HttpRequest, review: Review) -> ReviewVersion | None:
    """Give the frozen version to show: the one asked for, else the last of a closed review."""
    asked = text(request, "version", 6)
    if asked:
        number = int(asked) if asked.isascii() and asked.isdecimal() else -1
        return get_object_or_404(review.versions, number=number)
    return None if review.state == Review.OPEN else review.versions.last()


def _context(request: HttpRequest, review: Review, version: ReviewVersion | None) -> dict[str, Any]:
    """Give what the screen and its changing parts need."""
    now = timezone.now()
    document = loaded(version.document) if version else shown(review, now)
    screen = screen_of(request)
    items = screens.items_of(document, screen)
    per_page = screens.PER_PROJECTED_PAGE if _projects(request) else screens.PER_PAGE
    if screen == screens.WORKFLOWS:
        per_page = screens.PER_PAGE
    seen = Paginator(items, per_page).get_page(page_number(request))
    last = Paginator(document["last_actions"], per_page).get_page(page_number(request))
    may_write = version is None and may(request.user, Right.TAKE_PART)
    attendees = document["review"]["attendees"]
    return {
        "review": review,
        "version": version,
        "document": document,
        "zone_read": document["review"]["zone"],
        "money_read": document["review"]["currency"],
        "steps": screens.progress(document),
        "screen": screen,
        "items": seen,
        "last_page": last,
        "said": screens.decided(document),
        "days_read": words.days(document["review"]["days"]),
        "days_before_read": words.days(document["review"]["days_before"]),
        "expected_words": words.expected(document),
        "attendee_names": words.names(attendees),
        "attendee_ids": {each["id"] for each in attendees},
        "opened": text(request, "row", 20) or screens.first_undecided(seen),
        "undecided": document["read_back"]["undecided"],
        "note": document["notes"][screen - 1],
        "pulse": "" if version else pulse(review, now),
        "may_write": may_write,
        "may_close": may_write and may(request.user, Right.SET_MONEY),
        "confirmations": _confirmations(request, document) if screen == screens.READ_BACK else (),
        "people": _people() if may_write else (),
        "projected": screens.PROJECTED_DECISIONS if _projects(request) else _ALL,
        "projected_actions": screens.PROJECTED_ACTIONS if _projects(request) else _ALL,
    } | ({"add": _add(now)} if may_write else {})


def _whole(document: Document, *, projects: bool) -> dict[str, Any]:
    """Give what is shown besides the screen: the numbers, the drawing, and all of it for print."""
    figure, currency = document["stand"]["figure"], document["review"]["currency"]
    headings, rows = table(figure, currency)
    return {
        "story": words.story(document),
        "workflows_heading": words.top_heading(document),
        "budgets_in_words": words.not_green(document),
        "news_heading": words.news_heading(document),
        "last_heading": words.last_heading(document),
        "kpis": words.four_numbers(document),
        "chart": chart(figure, currency, _PROJECTED_CHART if projects else HEIGHT),
        "figure": figure,
        "figure_headings": headings,
        "figure_rows": rows,
        "printed": {
            "workflows": screens.items_of(document, screens.WORKFLOWS),
            "budgets": screens.items_of(document, screens.BUDGETS),
            "news": screens.items_of(document, screens.NEWS),
        },
    }


def _closed(review: Review, version: ReviewVersion) -> dict[str, Any]:
    """Give what stands around a frozen document: when it was read, and what came after."""
    document = loaded(version.document)
    is_last = review.state == Review.CLOSED and version.number == review.version
    today = since(review) if is_last else None
    return {
        "banner": words.banner(document, version.closed_at, today),
        "is_last": is_last,
        "is_intact": verify(version),
        "versions": list(review.versions.all()),
        "added_notes": list(review.added_notes.all()),
        "may_reopen": is_last and may_reopen(review, timezone.now()),
    }


def _confirmations(request: HttpRequest, document: Document) -> list[dict[str, Any]]:
    return [
        {"row": row, "mine": may_confirm(request.user, row["function"])}  # type: ignore[arg-type]  # signed in
        for row in document["read_back"]["confirmations"]
    ]


def _people() -> list[dict[str, str]]:
    return [{"id": str(each.pk), "name": str(each)} for each in people()[:MOST_PEOPLE]]


def _add(now: Any) -> ActionForm:
    """Begin an action, due in two weeks."""
    due = timezone.localtime(now).date() + timedelta(days=14)
    return ActionForm(initial={"due": due})
