"""The explorer: what it shows sums, what it links to asks for what it says, and it has bounds."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, urlencode

import pytest
from django.test import Client

from finops.attribution.values import archive, describe, merge
from finops.domain.measures import Measures
from finops.insights import breakdown
from finops.models import Organization
from finops.web.costs import table
from tests.finops.ledger.usage import PRICE, call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")
Ask = Callable[..., Any]

OCTOBER = {"period": "2026-10"}
HOSTILE = (
    '<script>alert("x")</script>',
    "=cmd|' /C calc'!A0",
    "\N{RIGHT-TO-LEFT OVERRIDE}desrever",
    "x" * 500,
    "🦀 & 100% a/b?c#d;e,f=g+h",
)


@pytest.fixture
def page(ledger: None, signed_in: Callable[[str], Client]) -> Ask:
    client = signed_in("viewer")

    def ask(address: str = "/costs/", **asked: Any) -> Any:
        joiner = "&" if "?" in address else "?"
        return client.get(f"{address}{joiner}{urlencode(asked, doseq=True)}" if asked else address)

    return ask


@pytest.fixture
def october(ledger: None) -> None:
    at = "2026-10-0{}T10:00:00Z".format
    import_rows(
        call(id="1", time=at(1), team="growth", model="gpt-4o", workflow="agent"),
        call(id="2", time=at(2), team="growth", model="gpt-4o-mini"),
        call(id="3", time=at(2), team="search", model="gpt-4o"),
        call(id="4", time=at(3), model="gpt-4o"),
        call(id="5", time=at(3), team="search", model="no-such-model", cost="0.25"),
    )


def shown(answer: Any) -> list[tuple[list[str], str, Measures]]:
    return [
        ([cell.label for cell in line.cells], line.period, line.measures)
        for line in answer.context["table"].lines
    ]


def words(answer: Any) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


# --- the table --------------------------------------------------------------------------------


@pytest.mark.usefixtures("october")
def test_it_opens_with_teams_dearest_first_and_the_missing_one_below(page: Ask) -> None:
    answer = page(**OCTOBER)

    assert [(labels[0], measures.calls) for labels, _, measures in shown(answer)] == [
        ("growth", 2),
        ("search", 2),
    ]
    (rest,) = answer.context["table"].rests
    assert (rest.label, rest.measures.cost) == ("Without a team", PRICE)
    assert "across 2 teams" in words(answer)


@pytest.mark.usefixtures("october")
def test_a_value_narrows_and_keeps_the_rest_of_the_question(page: Ask) -> None:
    answer = page(by="team,model", basis="reported", technical="yes", **OCTOBER)
    (line, *_) = answer.context["table"].lines
    narrowed = page(f"/costs/{line.cells[0].href}")

    question = narrowed.context["question"]
    assert question.filters == {"team": (line.cells[0].value,)}
    assert (question.by, question.basis) == (("team", "model"), "reported")
    assert narrowed.context["asked"].technical
    assert narrowed.context["question"].period.key == "2026-10"


@pytest.mark.usefixtures("october")
def test_the_missing_value_can_be_followed_too(page: Ask) -> None:
    (rest,) = page(**OCTOBER).context["table"].rests

    narrowed = page(f"/costs/{rest.href}")

    assert [(labels, m.cost) for labels, _, m in shown(narrowed)] == [(["Not attributed"], PRICE)]
    assert narrowed.context["table"].rests == ()


@pytest.mark.usefixtures("october")
def test_a_workflow_has_a_page_besides(page: Ask) -> None:
    answer = page(by="workflow", **OCTOBER)

    assert "/workflows/agent/?period=2026-10&amp;against=previous" in answer.content.decode()


@pytest.mark.usefixtures("october")
def test_a_filter_that_holds_can_be_taken_away(page: Ask) -> None:
    answer = page(team=["growth", "search"], by="model", **OCTOBER)
    first, second = answer.context["chips"]

    assert (first.label, second.label) == ("Team: growth", "Team: search")
    assert page(f"/costs/{first.href}").context["question"].filters == {"team": ("search",)}


@pytest.mark.usefixtures("october")
@pytest.mark.parametrize(
    ("sort", "values"),
    [
        ("team", ["growth", "growth", "search", "search"]),
        ("-team", ["search", "search", "growth", "growth"]),
    ],
)
def test_it_sorts_by_name(page: Ask, sort: str, values: list[str]) -> None:
    answer = page(by="team,model", sort=sort, **OCTOBER)

    assert [labels[0] for labels, _, _ in shown(answer)] == values
    assert answer.context["table"].columns[0].sorted == (
        "descending" if sort.startswith("-") else "ascending"
    )


@pytest.mark.usefixtures("october")
@pytest.mark.parametrize("sort", ["cost", "calls", "change"])
def test_it_sorts_by_numbers_largest_first_and_turned_round(page: Ask, sort: str) -> None:
    down = shown(page(by="model", sort=sort, **OCTOBER))
    up = shown(page(by="model", sort=f"-{sort}", **OCTOBER))

    assert {str(row) for row in down} == {str(row) for row in up}
    known = [row for row in down if row[2].cost_on("metered") is not None]
    unknown = [row for row in down if row not in known]
    number = (lambda row: row[2].calls) if sort == "calls" else (lambda row: row[2].cost)
    assert [number(row) for row in known] == sorted(map(number, known), reverse=True)
    assert sort != "cost" or down[len(known) :] == up[len(known) :] == unknown


@pytest.mark.usefixtures("october")
def test_a_heading_turns_its_own_order_round(page: Ask) -> None:
    columns = {c.label: c for c in page(by="team", **OCTOBER).context["table"].columns}

    assert (columns["Cost"].sorted, columns["Calls"].sorted) == ("descending", "")
    turned = page(f"/costs/{columns['Cost'].href}")
    assert turned.context["asked"].sort == "-cost"
    assert {c.label: c.sorted for c in turned.context["table"].columns}["Cost"] == "ascending"
    assert turned.content.decode().count("aria-sort=") == 1


@pytest.mark.usefixtures("october")
def test_days_come_newest_first_and_have_no_change(page: Ask) -> None:
    answer = page(by="", grain="day", **OCTOBER)

    assert [period for _, period, _ in shown(answer)] == [
        "Sat 3 Oct 2026",
        "Fri 2 Oct 2026",
        "Thu 1 Oct 2026",
    ]
    assert "Change" not in [column.label for column in answer.context["table"].columns]


@pytest.mark.usefixtures("october")
def test_tokens_show_only_to_whoever_asks_for_them(page: Ask) -> None:
    assert "token" not in words(page(**OCTOBER)).lower()

    technical = page(f"/costs/{page(**OCTOBER).context['technical_address']}")

    assert "Input tokens" in words(technical)
    assert "2,000" in words(technical)


def test_a_long_answer_has_pages_which_each_sum_to_the_whole(page: Ask) -> None:
    import_rows(
        *(
            call(id=f"{n}", time="2026-10-01T10:00:00Z", team=f"team {n}", input_tokens=n)
            for n in range(120)
        ),
        call(id="none", time="2026-10-01T10:00:00Z"),
    )

    pages = [page(page=str(number), **OCTOBER) for number in (1, 2, 3, 9)]
    tables = [answer.context["table"] for answer in pages]

    assert [len(each.lines) for each in tables] == [50, 50, 20, 20]
    assert {line.cells[0].value for each in tables for line in each.lines} == {
        f"team {n}" for n in range(120)
    }
    for each in tables:
        everything = [line.measures for line in (*each.lines, *each.rests)]
        assert Measures.sum_of(everything) == each.total.measures
        assert each.rests[-1].label == "Without a team"
    assert [each.rests[0].label for each in tables[:3]] == [
        "70 other teams",
        "70 other teams",
        "100 other teams",
    ]
    assert "Page 2 of 3" in words(pages[1])


def test_more_groups_than_are_told_apart_are_one_sum_and_it_says_so(page: Ask) -> None:
    import_rows(*(call(id=f"{n}", time="2026-10-01T10:00:00Z", team=f"team {n}") for n in range(9)))
    assert page(**OCTOBER).context["folded"] == ""

    def few(question: Any, *, keep: int = 0) -> Any:
        return breakdown.break_down(question, keep=4)

    with patch("finops.web.costs.explorer.break_down", few):
        answer = page(**OCTOBER)

    assert len(answer.context["table"].lines) == 4
    assert answer.context["table"].rests[0].label == "5 other teams"
    assert answer.context["table"].total.measures.calls == 9
    assert "has 9 groups" in words(answer)


# --- names ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("october")
def test_values_are_called_by_their_names_and_merged_ones_are_one(page: Ask) -> None:
    describe(
        "team", "growth", display_name="Growth & co", business_owner=None, technical_owner=None
    )
    merge("team", "search", into="growth")

    answer = page(narrow="team", **OCTOBER)

    assert [(labels, m.calls) for labels, _, m in shown(answer)] == [(["Growth & co"], 4)]
    assert answer.context["narrowing"].values == (
        ("growth", "Growth & co"),
        ("unallocated", "Not attributed"),
    )
    assert page(team="search", by="model", **OCTOBER).context["seen"].whole.now.calls == 4


@pytest.mark.usefixtures("october")
def test_an_archived_value_is_not_offered_but_still_counts(page: Ask, django_now: Any) -> None:
    archive("team", "search", now=django_now)

    answer = page(narrow="team", **OCTOBER)

    assert [value for value, _ in answer.context["narrowing"].values] == ["growth", "unallocated"]
    assert answer.context["seen"].whole.now.calls == 5


@pytest.fixture
def django_now() -> Any:
    from django.utils import timezone

    return timezone.now()


@pytest.mark.usefixtures("october")
def test_values_that_cost_too_much_to_list_can_be_typed(page: Ask) -> None:
    answer = page(narrow="user", period="90d")

    assert not answer.context["narrowing"].readable
    assert '<input name="user"' in answer.content.decode()


@pytest.mark.usefixtures("october")
def test_a_chosen_and_an_exact_value_may_both_be_empty_or_both_hold(page: Ask) -> None:
    assert page(team=["", ""], **OCTOBER).context["question"].filters == {}
    assert page(team=["", "search"], **OCTOBER).context["question"].filters == {"team": ("search",)}


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("dimension", ["team", "workflow", "customer", "user", "model"])
def test_hostile_values_are_shown_followed_and_exported(
    page: Ask, value: str, dimension: str
) -> None:
    import_rows(call(id="1", time="2026-10-01T10:00:00Z", **{dimension: value}))

    for asked in ({}, {"grain": "day"}, {"narrow": dimension}, {dimension: value}):
        answer = page(by=dimension, **OCTOBER, **asked)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
    (line,) = page(by=dimension, **OCTOBER).context["table"].lines
    followed = page(f"/costs/{line.cells[0].href}")
    assert followed.context["question"].filters == {dimension: (value,)}
    assert followed.context["seen"].whole.now.calls == 1
    assert len(followed.context["chips"]) == 1

    figure = page(f"/api/v1/figures/costs/?by={dimension}", **OCTOBER).json()
    assert figure["meta"]["rows"][0][0] == value
    assert "<script" not in str(figure["data"]) + str(figure["layout"])
    exported = page("/costs/costs.csv", by=dimension, **OCTOBER)
    _, row = csv.reader(io.StringIO(exported.getvalue().decode()))
    assert row[0] == (f"'{value}" if value.startswith("=") else value)


# --- elsewhere --------------------------------------------------------------------------------


@pytest.mark.usefixtures("october")
@pytest.mark.parametrize(
    "asked",
    [
        {"by": "team"},
        {"by": "model,team", "grain": "day"},
        {"by": "team", "basis": "reported", "grain": "month"},
        {"by": "user", "team": ["growth", "unallocated"], "grain": "hour"},
        {"by": ""},
    ],
)
def test_the_csv_is_what_the_api_answers(page: Ask, asked: dict[str, Any]) -> None:
    answer = page(**asked, **OCTOBER)
    file = page("/costs/costs.csv", **asked, **OCTOBER)
    api = page(answer.context["api_address"] + "&format=csv")

    assert file.status_code == api.status_code == 200
    assert file.getvalue() == api.content
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="costs[a-z-]*-2026-10\.csv"', file.headers["Content-Disposition"]
    )
    total = page(answer.context["api_address"]).json()["total"]
    whole = answer.context["table"].total.measures.cost_on(answer.context["question"].basis)
    assert Decimal(total["cost"] or 0) == (whole or 0)


@pytest.mark.usefixtures("october")
def test_the_csv_holds_every_group_not_only_the_page(page: Ask) -> None:
    with patch.object(table, "PAGE_SIZE", 1):
        assert len(page(by="team,model", **OCTOBER).context["table"].lines) == 1
    lines = page("/costs/costs.csv", by="team,model", **OCTOBER).getvalue().decode().splitlines()

    assert len(lines) == 1 + 5


def test_a_csv_that_is_too_long_for_memory_is_the_same_file(page: Ask) -> None:
    import_rows(
        *(call(id=f"{n}", time="2026-10-01T10:00:00Z", team=f"team {n}") for n in range(30))
    )
    whole = page("/costs/costs.csv", **OCTOBER).getvalue()

    with patch("finops.web.costs.download._IN_MEMORY", 100):
        assert page("/costs/costs.csv", **OCTOBER).getvalue() == whole


@pytest.mark.usefixtures("october")
def test_the_command_is_safe_to_paste(page: Ask) -> None:
    answer = page(by="team", customer="it's; rm -rf /", **OCTOBER)

    assert answer.context["command"] == (
        "python manage.py costs --by team --grain total --since 2026-10-01 --until 2026-11-01"
        " --filter 'customer=it'\"'\"'s; rm -rf /' --basis metered"
    )
    assert "filter=customer%3Dit%27s%3B+rm+-rf+%2F" in answer.context["curl"]


# --- what is asked ----------------------------------------------------------------------------


@pytest.mark.usefixtures("october")
@pytest.mark.parametrize(
    "query",
    [
        "by=team,model,workflow",
        "by=team&by=model&by=workflow",
        "by=team,model&by=workflow&by=",
        "by=team&by=team&by=model&by=workflow",
    ],
)
def test_dimensions_may_be_named_together_or_one_by_one(page: Ask, query: str) -> None:
    assert page(f"/costs/?{query}&period=2026-10").context["question"].by == (
        "team",
        "model",
        "workflow",
    )


def test_two_dates_are_a_period_with_an_address_of_its_own(page: Ask) -> None:
    answer = page(**{"by": "model", "from": "2026-10-03", "to": "2026-10-09"})

    assert answer.status_code == 302
    assert "period=2026-10-03..2026-10-09" in answer.headers["Location"].replace("%2C", ",")
    followed = page(f"/costs/{answer.headers['Location']}")
    assert followed.context["question"].period.window.length == 7
    assert followed.context["question"].by == ("model",)
    assert 'value="2026-10-03"' in followed.content.decode()


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("by=nonsense", "Unknown dimension 'nonsense'"),
        ("by=team;drop table calls", "Unknown dimension"),
        ("by=team,model,user,step", "At most 3 dimensions"),
        ("grain=week", "Grain is one of total, hour, day, month, not 'week'"),
        ("basis=paid", "Basis is one of metered, reported, billed, effective"),
        ("measure=joy", "Measure is one of"),
        ("period=2026-13", "A date reads"),
        ("period=2900-01", "This period has not begun"),
        ("period=2026-10-09..2026-10-03", "The last day must not be before the first"),
        ("from=2026-10-09&to=", "A date reads"),
        ("against=never", "Compare with one of"),
        ("sort=joy", "Sort by one of"),
        ("sort=change&grain=day", "Sort by one of"),
        ("page=0", "A page is a number"),
        ("page=-1", "A page is a number"),
        ("page=²", "A page is a number"),
        (f"page={'9' * 5_000}", "A page is a number"),
        ("narrow=run", "Narrow by one of"),
        (f"team={'x' * 501}", "A filter has at most 500 characters"),
        ("team=%00", "A filter has at most 500 characters"),
        ("by=<script>alert(1)</script>", "Unknown dimension"),
    ],
)
@pytest.mark.parametrize("address", ["/costs/", "/costs/costs.csv"])
def test_an_address_that_makes_no_sense_says_why(
    page: Ask, address: str, query: str, reason: str
) -> None:
    answer = page(
        f"{address}?{quote(query, safe='=&,;')}" if "%" not in query else f"{address}?{query}"
    )

    assert answer.status_code == 400
    assert "This address makes no sense" in words(answer)
    assert reason in words(answer)
    assert "<script>alert" not in answer.content.decode()


# --- bounds -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("october")
@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"by": "user"}, "Costs by user are read call by call, so at most 31 days at a time."),
        ({"step": "plan"}, "Costs by step are read call by call"),
        (
            {"by": "team,feature", "grain": "hour"},
            "Hours of these dimensions are read call by call",
        ),
        ({"by": "team", "grain": "hour"}, "Hours are shown for at most 31 days at a time."),
    ],
)
def test_a_question_that_reaches_too_far_says_so_and_how_to_narrow(
    page: Ask, asked: dict[str, str], reason: str
) -> None:
    answer = page(**asked, period="2026-08-01..2026-10-20")

    assert answer.status_code == 200
    assert reason in words(answer)
    assert "table" not in answer.context
    shorter = page(f"/costs/{answer.context['shorter_address']}")
    assert shorter.context["question"].period.key == "2026-09-20..2026-10-20"
    assert shorter.context["question"].filters == answer.context["question"].filters
    assert shorter.context["table"]

    file = page("/costs/costs.csv", **asked, period="2026-08-01..2026-10-20")
    assert (file.status_code, reason in words(file)) == (400, True)
    figure = page("/api/v1/figures/costs/", **asked, period="2026-08-01..2026-10-20")
    assert (figure.status_code, "31 days" in figure.json()["detail"]) == (400, True)


@pytest.mark.usefixtures("october")
def test_a_question_that_takes_too_long_is_said_plainly(page: Ask) -> None:
    slow = patch("finops.rollups.long_answers.load_sql", return_value=_sleeping())
    with slow, patch.object(breakdown, "PATIENCE", 1):
        answer = page(**OCTOBER)
        figure = page("/api/v1/figures/costs/", **OCTOBER)

    assert answer.status_code == 200
    assert "This question takes longer than 1 seconds" in words(answer)
    assert (figure.status_code, "longer" in figure.json()["detail"]) == (400, True)
    assert page(**OCTOBER).context["table"]  # nothing of it stays behind


def _sleeping() -> Any:
    from psycopg import sql

    return sql.SQL("SELECT pg_sleep(5) /* {shown} {sums} {amount} {names} {grouped} {numbers} */")


def test_a_page_reads_as_much_whatever_it_holds(
    page: Ask, django_assert_max_num_queries: Any
) -> None:
    import_rows(
        *(call(id=f"{n}", time="2026-10-01T10:00:00Z", team=f"team {n}") for n in range(60))
    )

    with django_assert_max_num_queries(30):
        page(by="team,model,workflow", narrow="customer", **OCTOBER)


# --- empty ------------------------------------------------------------------------------------


def test_an_empty_ledger_says_what_to_do(page: Ask) -> None:
    assert "No spend yet" in words(page())


@pytest.mark.usefixtures("october")
def test_an_empty_period_and_an_empty_filter_lead_out(page: Ask) -> None:
    assert "No calls in this period" in words(page(period="2026-09"))

    nobody = page(team="nobody", **OCTOBER)

    assert "Clear filters" in words(nobody)
    assert f"/costs/?{nobody.context['unfiltered'].query}".replace("&", "&amp;") in (
        nobody.content.decode()
    )


@pytest.mark.usefixtures("october")
def test_what_has_no_price_is_not_said_to_be_free(page: Ask) -> None:
    answer = page(by="model", model="no-such-model", **OCTOBER)

    assert "no price" in words(answer)
    assert answer.context["figure"].title == "Calls without a price"
    assert "$0.25" in words(page(by="model", model="no-such-model", basis="reported", **OCTOBER))


@pytest.mark.usefixtures("october")
def test_bases_are_never_added_up(page: Ask) -> None:
    metered = page(by="", **OCTOBER).context["table"].total.sums
    reported = page(by="", basis="reported", **OCTOBER).context["table"].total.sums

    assert metered.cost == 3 * PRICE + Decimal("0.00045")
    assert (reported.cost, reported.calls_without) == (Decimal("0.25"), 4)
    assert reported.cost_of_thousand == 250


@pytest.mark.usefixtures("october")
def test_everything_is_written_in_the_reporting_currency(page: Ask) -> None:
    Organization.objects.update(currency="EUR")

    assert "€" in words(page(**OCTOBER))
    assert "$" not in words(page(**OCTOBER)).split("Ask the same")[0]
