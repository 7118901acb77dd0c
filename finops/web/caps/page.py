"""The caps of one workflow: what is set, what went beyond, and the form that changes them."""

from __future__ import annotations

from typing import Any, Final, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from finops.access.rights import Right, may
from finops.attribution.refusals import ChangedMeanwhile, Refused
from finops.caps import words
from finops.caps.check import check_caps
from finops.caps.kinds import KINDS
from finops.caps.setting import Change, set_caps, version
from finops.caps.standing import Standing, lifted, standing
from finops.caps.suggesting import Usual, usual
from finops.domain.dimensions import UNALLOCATED
from finops.insights.workflow import Identity, final_value, identity
from finops.models import Cap
from finops.rollups.question import Question
from finops.sql import snapshot
from finops.web.asking import asked, filter_bar
from finops.web.caps.forms import CapsForm
from finops.web.caps.rows import cap_rows, limit_of, violation_rows
from finops.web.requests import signature, text, who_was_quicker
from finops.web.rights import needs

#: Violations of the period that the page lists: at first, and when asked for more.
LISTED: Final = 20
MORE: Final = 200


@needs(Right.SEE, to_change=Right.IMPORT_BILLS)
def caps_page(request: HttpRequest, workflow: str) -> HttpResponse:
    """Show a workflow's caps and take others; a merged workflow leads to what it is read as."""
    final = final_value(workflow)
    if final != workflow:
        return redirect(reverse("workflow-caps", args=[final]))
    question = asked(request)
    with snapshot():
        who = None if workflow == UNALLOCATED else identity(workflow)
        stands = standing(
            workflow,
            question.period.window,
            listed=MORE if "more" in request.GET else LISTED,
            dearest="dearest" in request.GET,
        )
    if who is None and not stands.caps:
        raise Http404("there is no such workflow")
    who = who or Identity(workflow, workflow, "", "", None)
    typical = _usual(request, workflow)
    if request.method != "POST":
        form = CapsForm(
            initial=_initial(request, stands),
            currency=question.currency,
            usual=typical,
            address=request.GET,
        )
        return _page(request, question, who, stands, form)
    form = CapsForm(
        request.POST.copy(), currency=question.currency, usual=typical, address=request.GET
    )
    if form.is_valid() and _save(request, workflow, form, question.currency):
        return redirect(request.get_full_path())
    return _page(request, question, who, stands, form, status=422)


def _save(request: HttpRequest, workflow: str, form: CapsForm, currency: str) -> bool:
    """Set what was asked for and hold the last month's runs against it; else the form says why."""
    now = timezone.now()
    try:
        changes = set_caps(
            workflow,
            form.wanted,
            reason=form.cleaned_data["reason"],
            by=signature(request),
            now=now,
            seen=form.cleaned_data["seen"],
        )
    except Refused as error:
        form.add_error("reason", str(error))
    except ChangedMeanwhile:
        form.add_error(None, f"{_who_was_quicker(workflow)} Look again: your numbers are below.")
        cast("QueryDict", form.data)["seen"] = version(workflow)
    else:
        check_caps(now)
        messages.success(request, _saved(changes, currency))
        return True
    return False


def _who_was_quicker(workflow: str) -> str:
    newest = Cap.objects.filter(workflow=workflow).latest("pk")
    return who_was_quicker(newest)


def _saved(changes: list[Change], currency: str) -> str:
    if not changes:
        return "Nothing changed."
    told = [
        f"{KINDS[each.kind].label}: "
        + ("no cap" if each.now is None else KINDS[each.kind].limit(each.now, currency))
        for each in changes
    ]
    return f"Saved. {'; '.join(told)}."


def _initial(request: HttpRequest, stands: Standing) -> dict[str, Any]:
    """Begin with the caps that hold, or with what the address suggests."""
    held = {each.kind.name: each.cap.limit for each in stands.caps}
    suggested = {name: found for name in KINDS if (found := text(request, name, 40))}
    return {**held, **suggested, "seen": version(stands.workflow)}


def _usual(request: HttpRequest, workflow: str) -> Usual:
    """Learn what is usual, for those who may set a cap by it."""
    if not may(request.user, Right.IMPORT_BILLS):
        return Usual(0, None, {})
    return usual(workflow, timezone.now())


def _page(
    request: HttpRequest,
    question: Question,
    who: Identity,
    stands: Standing,
    form: CapsForm,
    status: int = 200,
) -> HttpResponse:
    when, currency = words.when(question.period), question.currency
    context = {
        "question": question,
        "who": who,
        "periods": filter_bar(question)["periods"],
        "standing": stands,
        "rows": cap_rows(stands, currency),
        "violations": violation_rows(stands, currency),
        "reasons": words.reasons(stands, when, currency),
        "when": when,
        "dearest": "dearest" in request.GET,
        "beyond": sum(each.broken for each in stands.caps),
        "most": MORE,
        "form": form,
        "lifted": [(cap, limit_of(cap, currency)) for cap in lifted(stands.workflow)],
    }
    return render(request, "pages/caps/page.html", context, status=status)
