"""The change log: every change of a setting, to read, filter and take away."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET

from finops.access import change_log
from finops.access.rights import Right
from finops.domain.periods import day_start
from finops.domain.tabular import as_csv
from finops.models import Organization
from finops.web.rights import needs
from finops.web.settings.room import show

_PER_PAGE: Final = 50
#: The newest entries that an export holds.
_EXPORTED: Final = 10_000


class FilterForm(forms.Form):
    """Whose changes, of what, on which days (both inclusive)."""

    person = forms.ChoiceField(label="Person", required=False)
    kind = forms.ChoiceField(label="What", required=False)
    since = forms.DateField(
        label="From", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label="To", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer who and what there is."""
        super().__init__(*args, **kwargs)
        people = [(str(person.pk), str(person)) for person in change_log.authors()]
        kinds = [(kind, kind) for kind in change_log.kinds()]
        self.fields["person"].choices = [("", "Everybody"), *people]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", "Everything"), *kinds]  # type: ignore[attr-defined]

    def wanted(self) -> change_log.Wanted:
        """Read the filters; one that cannot be read is left out, as its error says."""
        self.full_clean()
        given = self.cleaned_data
        person = given.get("person")
        return change_log.Wanted(
            person=int(person) if person else None,
            kind=given.get("kind") or "",
            since=_start(given.get("since")),
            until=_start(given.get("until"), days=1),
        )


@require_GET
@needs(Right.SET_MONEY)
def changes_page(request: HttpRequest) -> HttpResponseBase:
    """Show changes, newest first, or give them as CSV."""
    form = FilterForm(request.GET)
    found = change_log.entries(form.wanted())
    if request.GET.get("format") == "csv":
        return HttpResponse(
            as_csv(*change_log.as_table(change_log.read(found[:_EXPORTED]))),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="changes.csv"'},
        )
    page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "changes": list(change_log.read(page))}
    return show(request, "settings-changes", "changes", context)


def _start(day: date | None, *, days: int = 0) -> datetime | None:
    """Give the instant at which a day begins, ``days`` later; the last day of all has no end."""
    if day is None or day.year >= 9999:
        return None
    return day_start(day + timedelta(days=days), Organization.current().zone)
