"""What people type into the Prices room, read with patience and refused with a way to fix it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.forms.boundfield import BoundField

from finops.domain.periods import day_start
from finops.pricing.calculate import RateLine
from finops.pricing.cards import UNITS, CardRefused, RateCard, per_unit
from finops.pricing.proposals import catalogue_names
from finops.revaluation.scope import Scope
from finops.web.fields import DayField, ReasonField
from finops.web.prices.fields import AmountField
from finops.web.prices.words import KINDS, MODES, unused_kinds_charge_as

MOST_TOKENS: Final = 100_000_000

#: Kinds that stand open on the form; the others wait behind a disclosure.
USUAL: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
#: Kinds that price lists charge otherwise for long prompts.
LONG: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
_LONG_SUFFIX: Final = "_long"
#: The order in which the form shows its fields, and its error summary names them.
_ORDER: Final = (
    "provider",
    "model",
    "since",
    "until",
    *USUAL,
    *(kind for kind in KINDS if kind not in USUAL),
    "long_prompts",
    *(kind + _LONG_SUFFIX for kind in LONG),
    "processing",
    "region",
    "reason",
)


class PriceForm(forms.Form):
    """A price from a date: whose, of what, how much, since when, and why."""

    provider = forms.CharField(
        max_length=100,
        help_text="Who sends the bill, such as openai.",
        error_messages={"required": "Enter the provider."},
        widget=forms.TextInput({"list": "providers", "autocomplete": "off"}),
    )
    model = forms.CharField(
        max_length=500,
        help_text="As the price list or the logs write it.",
        error_messages={"required": "Enter the model."},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    since = DayField(label="Applies from", help_text="Empty: it has always been the price.")
    until = DayField(
        label="Applies until",
        help_text="Its first day without. Empty: until the next.",
    )
    processing = forms.ChoiceField(
        label="Kind of processing",
        choices=list(MODES.items()),
        initial="standard",
        required=False,
        help_text="Providers price batch, flex and priority calls on their own.",
    )
    region = forms.CharField(
        max_length=100, required=False, help_text="Empty: the price of every region."
    )
    long_prompts = forms.IntegerField(
        label="Long prompts have more than, tokens",
        required=False,
        min_value=1,
        max_value=MOST_TOKENS,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": "Enter a whole number, such as 200000."},
    )
    reason = ReasonField(
        label="Where does this price come from?",
        help_text="A contract, a page, a person. It stays on record.",
    )

    def __init__(self, *args: Any, zone: ZoneInfo, **options: Any) -> None:
        """Add a field for the price of each kind of use."""
        super().__init__(*args, **options)
        self.zone = zone
        self.card: RateCard | None = None
        for kind, label in KINDS.items():
            unit = "US dollars each" if kind == "requests" else "US dollars per million tokens"
            self.fields[kind] = AmountField(
                name=label, label=f"{label}, {unit}", help_text=unused_kinds_charge_as(kind)
            )
        for kind in LONG:
            self.fields[kind + _LONG_SUFFIX] = AmountField(
                name=f"{KINDS[kind]} of long prompts",
                label=f"{KINDS[kind]} of long prompts, US dollars per million tokens",
            )
        self.order_fields(_ORDER)

    def usual(self) -> Iterator[BoundField]:
        """Give the prices that stand open."""
        return (self[kind] for kind in USUAL)

    def others(self) -> list[BoundField]:
        """Give the prices behind the first disclosure."""
        return [self[kind] for kind in KINDS if kind not in USUAL]

    def long(self) -> list[BoundField]:
        """Give the fields behind the second one."""
        return [self["long_prompts"], *(self[kind + _LONG_SUFFIX] for kind in LONG)]

    def others_open(self) -> bool:
        """Tell whether something stands or went wrong behind the first disclosure."""
        return _in_use(self.others())

    def long_open(self) -> bool:
        """Tell whether something stands or went wrong behind the second one."""
        return _in_use(self.long())

    def variant_open(self) -> bool:
        """Tell whether the price is for some calls only, or something went wrong there."""
        mode, region = self["processing"], self["region"]
        return bool(_in_use([region]) or mode.errors or mode.value() not in {"standard", "", None})

    def clean(self) -> dict[str, Any]:
        """Put the card together; it stands in ``card`` when everything fits."""
        values: dict[str, Any] = super().clean() or {}
        if self.errors:
            return values
        lines = tuple(self._lines(values))
        if not lines:
            self.add_error("input_tokens", "Enter at least one price.")
        elif values["since"] and values["until"] and values["since"] >= values["until"]:
            self.add_error("until", "Enter a day after the one from which the price applies.")
        elif self._long_prompts_fit(values):
            self._put_together(values, lines)
        return values

    def _long_prompts_fit(self, values: Mapping[str, Any]) -> bool:
        amounts = [values[kind + _LONG_SUFFIX] for kind in LONG]
        given = any(amount is not None for amount in amounts)
        if given and not values["long_prompts"]:
            self.add_error("long_prompts", "Enter the size from which prompts are long.")
        elif values["long_prompts"] and not given:
            self.add_error("input_tokens_long", "Enter a price for long prompts, or no size.")
        else:
            return True
        return False

    def _put_together(self, values: Mapping[str, Any], lines: tuple[RateLine, ...]) -> None:
        provider, model = catalogue_names(values["provider"], values["model"])
        card = RateCard(
            provider=provider,
            model=model,
            region=values["region"].lower(),
            processing=values["processing"] or "standard",
            since=values["since"] and day_start(values["since"], self.zone),
            until=values["until"] and day_start(values["until"], self.zone),
            lines=lines,
        )
        try:
            card.check()
        except CardRefused as error:
            self.add_error(None, str(error))
        else:
            self.card = card

    def _lines(self, values: Mapping[str, Any]) -> Iterator[RateLine]:
        for kind in KINDS:
            if values[kind] is not None:
                yield RateLine(kind, 0, values[kind], UNITS[kind])
        for kind in LONG:
            if (amount := values[kind + _LONG_SUFFIX]) is not None and values["long_prompts"]:
                yield RateLine(kind, values["long_prompts"], amount, UNITS[kind])


class NameForm(forms.Form):
    """This name is that model."""

    provider = forms.CharField(
        max_length=100,
        help_text="Who sends the bill for it.",
        error_messages={"required": "Enter the provider."},
        widget=forms.TextInput({"list": "providers", "autocomplete": "off"}),
    )
    name = forms.CharField(
        max_length=500,
        label="This name",
        help_text="As your calls carry it.",
        error_messages={"required": "Enter the name."},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    model = forms.CharField(
        max_length=500,
        label="Is this model",
        help_text="A model that has a price.",
        error_messages={"required": "Enter the model."},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    listed_by = forms.CharField(
        max_length=100,
        required=False,
        label="Priced by the list of",
        help_text="Empty: the same provider.",
        widget=forms.TextInput({"list": "providers", "autocomplete": "off"}),
    )
    reason = ReasonField(label="Why?")


class AgainForm(forms.Form):
    """Which calls to price again."""

    MISSING, ALL = "missing", "all"

    calls = forms.ChoiceField(
        label="Which calls?",
        choices=[(MISSING, "Only calls without a price"), (ALL, "All calls, priced ones too")],
        initial=MISSING,
        widget=forms.RadioSelect,
    )
    provider = forms.CharField(max_length=100, required=False, help_text="Empty: all.")
    model = forms.CharField(max_length=500, required=False, help_text="Empty: all.")
    since = DayField(label="From", help_text="Empty: from the first call on.")
    until = DayField(label="Before", help_text="Empty: up to now.")

    def __init__(self, *args: Any, zone: ZoneInfo, **options: Any) -> None:
        """Cut days in the reporting zone."""
        super().__init__(*args, **options)
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        """Check that the period is one."""
        values: dict[str, Any] = super().clean() or {}
        if self.errors:
            return values
        if values["since"] and values["until"] and values["since"] >= values["until"]:
            self.add_error("until", "Enter a day after the first one.")
        return values

    def scope(self) -> Scope:
        """Give the calls that were asked for."""
        values = self.cleaned_data
        return Scope(
            since=self._instant(values["since"]),
            until=self._instant(values["until"]),
            filters={
                name: [values[name].strip()] for name in ("provider", "model") if values[name]
            },
            unpriced_only=values["calls"] == self.MISSING,
        )

    def _instant(self, day: date | None) -> datetime | None:
        return day_start(day, self.zone) if day else None


class NoteForm(forms.Form):
    """What finance says to a proposal; needed to decline one."""

    note = forms.CharField(
        label="Note",
        required=False,
        max_length=2_000,
        widget=forms.Textarea({"rows": 2}),
        help_text="Say why when you decline.",
    )


def amounts_of(lines: tuple[RateLine, ...]) -> dict[str, Any]:
    """Give a card's amounts as a form's initial values; of several prompt sizes the first."""
    sizes = sorted({line.above_input_tokens for line in lines if line.above_input_tokens})
    initial: dict[str, Any] = {
        line.kind: per_unit(line) for line in lines if not line.above_input_tokens
    }
    if sizes:
        initial["long_prompts"] = sizes[0]
        initial |= {
            line.kind + _LONG_SUFFIX: per_unit(line)
            for line in lines
            if line.above_input_tokens == sizes[0] and line.kind in LONG
        }
    return initial


def _in_use(fields: list[BoundField]) -> bool:
    return any(field.errors or field.value() for field in fields)
