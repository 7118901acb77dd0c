"""The difference between billed and metered, in parts that sum to it to the last digit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from hypothesis import example, given, settings
from hypothesis import strategies as st

from finops.domain.money import exact_difference, exact_sum
from finops.reconciliation.parts import (
    NOT_BILLED,
    PRICE,
    UNLOGGED_MODEL,
    Comparison,
    Parts,
    compare,
)
from finops.reconciliation.sides import Charged, Key, Logged


def logged(tokens: str, amount: str, **fields: str) -> Logged:
    """Calls whose tokens all have a price, in the same month by every clock."""
    held = {"priced": tokens, "inside": amount} | fields
    return Logged(D(tokens), D(held["priced"]), D(amount), D(held["inside"]))


def charged(tokens: str | None, listed: str, amount: str | None = None, **more: str) -> Charged:
    """Usage on the bill, at list price and as billed."""
    amounts = {name: D(value) for name, value in more.items()}
    count = None if tokens is None else D(tokens)
    return Charged(count, D(listed), D(amount or listed), **amounts)


def of(credential: str = "", model: str = "gpt-4o", kind: str = "input", **fields: object) -> Key:
    return Key(credential=credential, model=model, token_kind=kind, **fields)  # type: ignore[arg-type]


def no_book(_: Key) -> None:
    return None


def compared(used: dict[Key, Logged], billed: dict[Key, Charged]) -> Comparison:
    return compare(used, billed, no_book)


def test_the_worked_example_comes_out_to_the_cent() -> None:
    """Billing reference 5.2: 9,640.00 metered, 10,000.00 billed, 0.15 % unexplained."""
    used = {
        # 35.00 of the provider's month lie in another month of the reporting zone.
        of("app"): logged("4000000000", "9035", inside="9000"),
        # Half of these were logged: the other half is missing at book price.
        of("jobs"): logged("240000000", "120"),
        of("batch", kind="output"): logged("52000000", "520"),
    }
    billed = {
        # The same quantity, 180.00 dearer than the book; 150.00 less than the list.
        of("app"): charged("4000000000", "9215", "9065", credits="-100"),
        of("jobs"): charged("480000000", "240"),
        of("batch", kind="output"): charged("52000000", "520"),
        # A key that no call has ever named, at the book's own price.
        of("lent to a vendor", kind="output"): charged("26000000", "260"),
        # A line of the bill that names no model.
        of(model="", kind=""): charged(None, "15"),
    }
    found = compared(used, billed)
    assert found.metered == D("9640")
    assert found.parts == Parts(
        cut_off=D("35"),
        missing_logs=D("120"),
        unlogged_keys=D("260"),
        price=D("180"),
        discount=D("-150"),
        credits=D("-100"),
        unexplained=D("15"),
    )
    assert found.billed == D("10000")


def test_quantity_counts_at_book_price_and_price_at_billed_quantity() -> None:
    """1,000 more tokens at $2 book, and every one of the 3,000 billed ones costs 50 cents more."""
    found = compared({of(): logged("2000", "4000")}, {of(): charged("3000", "7500")})
    assert found.parts == Parts(missing_logs=D("2000"), price=D("1500"))
    (line,) = found.lines
    assert (line.book_price, line.billed_price, line.finding) == (D("2"), D("2.5"), PRICE)


def test_more_logged_than_billed_is_a_negative_missing_log() -> None:
    found = compared({of(): logged("3000", "6000")}, {of(): charged("2000", "4000")})
    assert found.parts == Parts(missing_logs=D("-2000"))


def test_calls_that_no_bill_knows_are_told() -> None:
    used = {of(): logged("10", "10"), of(model="gpt-5"): logged("10", "30")}
    found = compared(used, {of(): charged("10", "10")})
    assert [line.finding for line in found.lines] == ["", NOT_BILLED]
    assert found.parts == Parts(missing_logs=D("-30"))


def test_a_model_that_logs_never_name_is_told() -> None:
    billed = {of(): charged("10", "10"), of(model="o1-pro"): charged("1", "150")}
    found = compared({of(): logged("10", "10")}, billed)
    assert [line.finding for line in found.lines] == ["", UNLOGGED_MODEL]
    assert found.parts == Parts(unlogged_keys=D("150"))


def test_calls_without_a_price_are_a_matter_of_price() -> None:
    """They were logged, so nothing is missing: the book is."""
    found = compared({of(): logged("1000", "0", priced="0")}, {of(): charged("1000", "3")})
    assert found.parts == Parts(price=D("3"))
    assert found.lines[0].finding == PRICE


def test_calls_without_a_key_cover_known_keys_first_and_then_strangers() -> None:
    """A key is unlogged only as far as no nameless call may be its: 400 of its 1,000 tokens."""
    used = {of("a"): logged("100", "100"), of(): logged("1000", "1000")}
    billed = {of("a"): charged("500", "500"), of("z"): charged("1000", "1000")}
    found = compared(used, billed)
    assert found.parts == Parts(missing_logs=D("400"))
    assert [(line.key.credential, line.logged_tokens) for line in found.lines] == [
        ("a", D("500")),
        ("z", D("600")),
    ]


def test_two_ways_of_naming_keys_do_not_make_a_bill_of_strangers() -> None:
    """No key in common: the match is made without keys, and says so."""
    found = compared(
        {of("search-app"): logged("100", "100")}, {of("key_0123"): charged("100", "100")}
    )
    assert found.parts == Parts()
    assert found.grain.words() == "model, token kind"


def test_accounts_are_compared_where_keys_cannot_be() -> None:
    used = {of(account="prod"): logged("10", "10")}
    billed = {of(account="prod"): charged("10", "10"), of(account="lab"): charged("5", "5")}
    found = compared(used, billed)
    assert found.grain.words() == "account, model, token kind"
    assert found.parts == Parts(unlogged_keys=D("5"))


def test_a_kind_that_the_bill_never_tells_apart_counts_with_its_parent() -> None:
    used = {
        of(kind="input"): logged("100", "100"),
        of(kind="cache_read"): logged("50", "5"),
        of(kind="cache_write_1h"): logged("10", "20"),
    }
    found = compared(used, {of(kind="input"): charged("160", "125")})
    assert found.parts == Parts()


def test_missing_cache_writes_are_missing_logs_at_the_books_price() -> None:
    """Whoever forgets to log a kind sees it, with the price of the book where no call has one."""
    billed = {of(kind="input"): charged("100", "100"), of(kind="cache_write"): charged("20", "30")}
    found = compare({of(kind="input"): logged("100", "100")}, billed, lambda _: D("1.25"))
    assert found.parts == Parts(missing_logs=D("25"), price=D("5"))


def test_a_model_whose_bill_does_not_split_kinds_is_compared_as_a_whole() -> None:
    used = {of(kind="input"): logged("100", "100"), of(kind="output"): logged("10", "50")}
    found = compared(used, {of(kind=""): charged("110", "150")})
    assert found.parts == Parts()
    assert len(found.lines) == 1


def test_days_are_compared_only_when_every_line_of_the_bill_has_one() -> None:
    first, second = date(2026, 10, 1), date(2026, 10, 2)
    used = {of(day=first): logged("10", "10"), of(day=second): logged("10", "10")}
    daily = compared(used, {of(day=first): charged("20", "20")})
    assert daily.grain.day
    assert daily.parts == Parts()  # a day's worth too much, a day's worth too little
    assert not compared(used, {of(): charged("20", "20")}).grain.day


def test_dollars_without_a_quantity_explain_nothing() -> None:
    found = compared({of(): logged("10", "10")}, {of(): charged(None, "12")})
    assert found.parts == Parts(unexplained=D("2"))


def test_a_correction_that_nets_to_zero_leaves_no_part() -> None:
    """May's usage moves from one key to another: the company pays the same."""
    billed = {
        of("a"): charged("10", "10", credits="-300"),
        of("b"): charged("10", "10", credits="300"),
    }
    found = compared({of("a"): logged("10", "10"), of("b"): logged("10", "10")}, billed)
    assert found.parts == Parts()
    assert [line.parts.credits for line in found.lines] == [D("-300"), D("300")]


def test_usage_on_another_months_bill_is_cut_off_here_and_there() -> None:
    """October's last day stands on November's bill: −8 in October, and +8 in November."""
    october = compared({of(): logged("8", "8")}, {of(): charged("8", "8", elsewhere="8")})
    assert (october.billed, october.parts) == (D(0), Parts(cut_off=D("-8")))
    november = compared({}, {of(): Charged(late=D("8"))})
    assert (november.billed, november.parts) == (D("8"), Parts(cut_off=D("8")))


def test_what_was_bought_ahead_stands_with_the_discount_that_it_pays_for() -> None:
    """Prepaid drawdown: list 25, billed 0 in the month of a purchase of 500."""
    found = compared({of(): logged("5", "25")}, {of(): charged("5", "25", "0", bought="500")})
    assert (found.billed, found.parts) == (D("500"), Parts(discount=D("475")))


def test_nothing_compared_with_nothing_is_nothing() -> None:
    assert compared({}, {}).parts == Parts()


def test_a_bill_without_a_single_call_is_unlogged_altogether() -> None:
    found = compared({}, {of(model="", kind=""): charged(None, "70")})
    assert found.parts == Parts(unlogged_keys=D("70"))


_AMOUNTS = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=15)
_SIZES = st.decimals(0, 10**12, allow_nan=False, allow_infinity=False, places=3)
_KEYS = st.builds(
    Key,
    st.sampled_from([None, date(2026, 10, 1), date(2026, 10, 2)]),
    st.sampled_from(["", "p"]),
    st.sampled_from(["", "k", "<script>", "=cmd"]),
    st.sampled_from(["", "gpt-4o", "o1"]),
    st.sampled_from(["", "input", "cache_write", "cache_write_1h", "output"]),
)
_LOGGED = st.dictionaries(_KEYS, st.builds(Logged, _SIZES, _SIZES, _AMOUNTS, _AMOUNTS), max_size=6)
_CHARGED = st.dictionaries(
    _KEYS, st.builds(Charged, st.none() | _SIZES, *[_AMOUNTS] * 6), max_size=6
)


@settings(max_examples=150)
@given(_LOGGED, _CHARGED, st.none() | _AMOUNTS)
@example({}, {Key(): Charged(late=D("1E-30"))}, None)
def test_parts_sum_to_the_difference_whatever_the_data(
    used: dict[Key, Logged], billed: dict[Key, Charged], price: D | None
) -> None:
    found = compare(used, billed, lambda _: price)
    assert found.parts.total == exact_difference(found.billed, found.metered)
    assert found.metered == exact_sum(each.inside for each in used.values())
    assert found.billed == exact_sum(each.billed for each in billed.values())
    for line in found.lines:
        assert line.parts.total == exact_difference(line.billed, line.metered)
    for name, total in zip(Parts._fields, found.parts, strict=True):
        assert total == exact_sum(getattr(line.parts, name) for line in found.lines)
