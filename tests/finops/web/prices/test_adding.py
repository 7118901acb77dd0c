"""Adding a price without any JavaScript: typed, seen with its effect, decided, on record."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.test import Client

from finops.models import Organization, Price, PriceProposal, Source
from finops.pricing.cards import BY_HAND
from ingest.push import push_calls
from tests.finops.ledger.usage import import_rows, json_lines
from tests.finops.pricing.by_hand import enter
from tests.finops.revaluation.history import column, own_model
from tests.finops.web.prices.visits import HOSTILE, decide, errors, propose, text, typed, work


def by_hand() -> list[Price]:
    return list(Price.objects.filter(source=BY_HAND).order_by("pk"))


def test_finance_adds_a_price_for_calls_that_have_none(finance: Client) -> None:
    import_rows(own_model(id="1"), own_model(id="2"))
    page = text(finance.get("/prices/"))
    assert "0 of 1 model in use have a price; 2 calls wait for one." in page

    proposal = propose(finance)
    address = f"/prices/proposals/{proposal.pk}/"
    assert "Working out what it changes." in text(finance.get(address))
    assert work() == 1
    assert "2 calls since 1 Nov 2026 have no price and get $0.012. 0 priced calls change." in text(
        finance.get(address)
    )
    assert by_hand() == []

    answer = decide(finance, proposal)

    assert "Saved. New calls are priced by it from now on." in text(answer)
    (price,) = by_hand()
    assert (price.approved_by, price.note) == ("Test finance", "contract 17")
    assert "/prices/again/?calls=missing&amp;provider=acme&amp;model=house-7b" in (
        answer.content.decode()
    )
    assert column("cost") == [None, None], "history changes only by pricing again"


def test_calls_of_another_mode_are_said_to_stay_without_a_price(finance: Client) -> None:
    import_rows(own_model(id="1"), own_model(id="2", processing="batch"))
    proposal = propose(finance)
    work()

    assert (
        "1 call since 1 Nov 2026 has no price and gets $0.006."
        " 1 call still has no price. 0 priced calls change."
        in text(finance.get(f"/prices/proposals/{proposal.pk}/"))
    )


def test_the_form_begins_with_what_the_page_knows(finance: Client) -> None:
    import_rows(own_model(id="1", processing="batch", time="2026-11-03T10:00:00Z"))
    page = html.unescape(finance.get("/prices/").content.decode())
    address = "/prices/add/?provider=acme&model=house-7b&since=2026-11-03&processing=batch"
    assert address in page

    form = finance.get(address).content.decode()

    assert 'value="house-7b"' in form
    assert 'value="2026-11-03"' in form
    assert '<option value="batch" selected>' in form


def test_a_correction_begins_with_the_amounts_of_the_card(finance: Client) -> None:
    card = enter("0.123456789012")

    form = finance.get(f"/prices/add/?provider=acme&model=house-7b&like={card.pk}")

    assert form.content.decode().count('value="0.123456789012"') == 2


@pytest.mark.parametrize("like", ["x", "-1", "9" * 18, "9" * 40, "0"])
def test_a_card_that_is_not_there_gives_an_empty_form(finance: Client, like: str) -> None:
    assert finance.get("/prices/add/", {"like": like}).status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("input_tokens", "2,50", "Input: A comma can be read in two ways. Write 2.50 or 250."),
        ("input_tokens", "-1", "Input: Enter 0 or more. A price cannot be negative."),
        ("output_tokens", "1e999", "Output: Write the amount in full, such as 0.000002."),
        ("output_tokens", "NaN", "Output: Enter an amount in US dollars, such as 2.50."),
        ("requests", "1" * 40, "Each call: Enter at most 100,000."),
        ("since", "3.11.2026", "Enter a day such as 2026-11-03."),
        ("since", "0001-01-01", "Enter a day from 2015 to 2100."),
        ("until", "2026-11-01", "Enter a day after the one from which the price applies."),
        ("provider", "", "Enter the provider."),
        ("model", "", "Enter the model."),
        ("model", "a\0b", "Null characters are not allowed."),
        ("model", "x" * 501, "at most 500 characters"),
        ("reason", " ", "Say why. It stays on record."),
        ("reason", "...", "Write at least one word."),
        ("processing", "turbo", "Select a valid choice."),
        ("long_prompts", "many", "Enter a whole number, such as 200000."),
        ("long_prompts", "200000", "Enter a price for long prompts, or no size."),
        ("input_tokens_long", "3", "Enter the size from which prompts are long."),
    ],
)
def test_what_cannot_be_is_refused_with_a_way_to_fix_it(
    finance: Client, field: str, value: str, says: str
) -> None:
    answer = finance.post("/prices/add/", typed(**{field: value}))

    assert answer.status_code == 422
    assert says in html.unescape(str(errors(answer)))
    (target,) = re.findall(r'<a href="#(\w+)">', answer.content.decode())
    assert f'id="{target}"' in answer.content.decode(), "the summary leads to the field"
    assert "contract 17" in answer.content.decode() or field == "reason", "values are kept"
    assert not PriceProposal.objects.exists()


def test_a_form_without_any_price_says_so(finance: Client) -> None:
    answer = finance.post("/prices/add/", typed(input_tokens="", output_tokens=""))

    assert "Enter at least one price." in str(errors(answer))


def test_what_was_typed_wrong_comes_back_as_typed(finance: Client) -> None:
    answer = finance.post("/prices/add/", typed(input_tokens="<b>2,50"))

    assert 'value="&lt;b&gt;2,50"' in answer.content.decode()


def test_amounts_echo_to_the_last_digit(finance: Client) -> None:
    proposal = propose(finance, input_tokens="$0.000000000001", output_tokens="1,250.10")

    page = text(finance.get(f"/prices/proposals/{proposal.pk}/"))

    assert "$0.000000000001" in page
    assert "$1,250.10" in page


def test_long_prompts_regions_and_fees_are_kept(finance: Client) -> None:
    proposal = propose(
        finance, long_prompts="200000", input_tokens_long="4", requests="0.01", region="EU-West-1"
    )
    decide(finance, proposal)

    (price,) = by_hand()
    assert price.region == "eu-west-1"
    found = {(r.kind, r.above_input_tokens): (r.amount, r.per) for r in price.rates.all()}
    assert found[("input_tokens", 200_000)] == (Decimal(4), 1_000_000)
    assert found[("requests", 0)] == (Decimal("0.01"), 1)


def test_days_begin_at_midnight_of_the_reporting_zone(finance: Client) -> None:
    Organization.objects.update(time_zone="America/New_York")
    decide(finance, propose(finance, since="2026-11-03"))

    assert by_hand()[0].effective_from == datetime(2026, 11, 3, 5, tzinfo=UTC)


def test_another_spelling_is_kept_under_the_catalogues_name(finance: Client) -> None:
    proposal = propose(finance, provider="OpenAI", model="GPT-4o-2024-08-06")

    assert (proposal.card["provider"], proposal.card["model"]) == ("openai", "gpt-4o")
    page = text(finance.get(f"/prices/proposals/{proposal.pk}/"))
    assert "Input $2.50 $2.00 −20.0%" in page, "the price before it stands beside it"


def test_an_engineer_proposes_and_finance_decides(finance: Client, engineer: Client) -> None:
    proposal = propose(engineer)
    page = text(engineer.get(f"/prices/proposals/{proposal.pk}/"))
    assert "Finance decides on it." in page
    assert decide(engineer, proposal).status_code == 403
    assert "1 proposed price waits for a decision." in text(finance.get("/prices/"))

    decide(finance, proposal)

    proposal.refresh_from_db()
    assert (proposal.proposed_by, proposal.decided_by, proposal.state) == (
        "Test engineering",
        "Test finance",
        "approved",
    )
    assert "Approved by Test finance" in text(engineer.get("/prices/proposals/"))


def test_declining_needs_a_reason_and_leaves_the_book_alone(finance: Client) -> None:
    proposal = propose(finance)

    answer = decide(finance, proposal, "decline")
    assert answer.status_code == 422
    assert "Say why you decline." in str(errors(answer))

    decide(finance, proposal, "decline", note="the wrong page")
    assert by_hand() == []
    assert "the wrong page" in text(finance.get(f"/prices/proposals/{proposal.pk}/"))


def test_a_price_entered_meanwhile_makes_the_decider_look_again(finance: Client) -> None:
    proposal = propose(finance)
    stale = {"decision": "approve", "seen": "0"}
    enter("3", "2026-11-01")

    answer = finance.post(f"/prices/proposals/{proposal.pk}/decide/", stale, follow=True)

    assert "Maya entered another price for this model" in text(answer)
    assert len(by_hand()) == 1
    assert "Saved." in text(decide(finance, proposal))


def test_an_effect_worked_out_before_another_price_says_so(finance: Client) -> None:
    import_rows(own_model(id="1"))
    proposal = propose(finance)
    work()
    address = f"/prices/proposals/{proposal.pk}/"
    assert "entered for this model since" not in text(finance.get(address))

    decide(finance, propose(finance, input_tokens="3"))

    assert "A price was entered for this model since." in text(finance.get(address))


def test_pressing_the_button_twice_saves_once(finance: Client) -> None:
    proposal = propose(finance)
    said = {"decision": "approve", "seen": "0"}
    for _ in range(2):
        answer = finance.post(f"/prices/proposals/{proposal.pk}/decide/", said, follow=True)

    assert "Test finance approved this on" in text(answer)
    assert len(by_hand()) == 1


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 30, "²"])
def test_a_forged_button_changes_nothing(finance: Client, seen: str) -> None:
    proposal = propose(finance)

    said = {"decision": "approve", "seen": seen}
    enter("1")
    answer = finance.post(f"/prices/proposals/{proposal.pk}/decide/", said)

    assert answer.status_code == 302
    assert len(by_hand()) == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_and_never_run(finance: Client, name: str) -> None:
    import_rows(own_model(id="1") | {"model": name})
    proposal = propose(finance, model=name, reason=f"because {name}")
    work()
    decide(finance, proposal)

    for address, query in (
        ("/prices/", {}),
        ("/prices/book/", {"q": name[:50]}),
        ("/prices/model/", {"provider": "acme", "model": name}),
        ("/prices/proposals/", {}),
        (f"/prices/proposals/{proposal.pk}/", {}),
        ("/prices/add/", {"provider": name, "model": name}),
        ("/prices/names/", {"name": name}),
        ("/prices/again/", {"model": name}),
    ):
        answer = finance.get(address, query)
        page = answer.content.decode()
        assert answer.status_code == 200, address
        assert "<script>alert" not in page
        assert html.escape(name[:50]) in page or "again" in address or "names" in address, address


def test_everything_is_in_the_change_log(finance: Client) -> None:
    proposal = propose(finance)
    decide(finance, proposal)

    logged = LogEntry.objects.filter(actor__email="finance@test.example")
    models = set(logged.values_list("content_type__model", flat=True))
    assert {"price", "rate", "priceproposal"} <= models
    price = logged.get(content_type__model="price")
    assert price.changes_dict["note"][1] == "contract 17"
    assert logged.filter(content_type__model="rate").count() == 2


def push(ref: str) -> str | None:
    source, _ = Source.objects.get_or_create(name="pushes")
    row = own_model(id=ref, time="2026-11-20T10:00:00Z")
    push_calls(json_lines([row]).splitlines(), source=source, now=datetime.now(UTC), by="key")
    return column("unpriced_reason")[-1]  # type: ignore[no-any-return]


def test_a_new_price_reaches_the_next_push_and_the_next_import(finance: Client) -> None:
    assert push("1") == "unknown_model", "a book of this process is in memory now"

    decide(finance, propose(finance))

    assert push("2") is None
    import_rows(own_model(id="3"))
    assert column("unpriced_reason").count(None) == 2


def test_the_effect_can_be_asked_for_anew(finance: Client, engineer: Client) -> None:
    import_rows(own_model(id="1"))
    proposal = propose(engineer)
    work()
    import_rows(own_model(id="2"))

    engineer.post(f"/prices/proposals/{proposal.pk}/effect/")
    work()

    assert "2 calls since" in text(engineer.get(f"/prices/proposals/{proposal.pk}/"))


def test_htmx_gets_the_live_part_alone(finance: Client) -> None:
    import_rows(own_model(id="1"))
    address = f"/prices/proposals/{propose(finance).pk}/"

    waiting = finance.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "hx-get" in waiting
    assert "<html" not in waiting
    work()
    done = finance.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "hx-get" not in done, "it stops asking"


def test_a_model_in_a_published_list_keeps_it_before_the_day(finance: Client) -> None:
    decide(finance, propose(finance, provider="openai", model="gpt-4o", since="2026-11-10"))

    page = text(finance.get("/prices/model/", {"provider": "openai", "model": "gpt-4o"}))

    assert "From 10 Nov 2026 In force $2.00 $8.00" in page
    assert "Until 10 Nov 2026 Ended $2.50 $10.00" in page
