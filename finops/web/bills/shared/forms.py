"""What people type about shared cost: a pool, a split, a month from which it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms

from finops.allocation.checks import (
    LAST_STAGE,
    LONGEST_NAME,
    LONGEST_PATTERN,
    LONGEST_REASON,
    MOST_POSITION,
    PoolDraft,
    SplitDraft,
)
from finops.allocation.pools import PATTERNS
from finops.allocation.refusals import PoolRefused
from finops.allocation.report import parse_month
from finops.allocation.splitting import MOST_TARGETS
from finops.allocation.words import FALLBACK_WORDS, KIND_WORDS, METHOD_WORDS
from finops.domain.money import plain
from finops.models.allocation import TARGET_DIMENSIONS

#: A line of fixed percentages: a target, then its part.
_PART: Final = re.compile(r"(?P<target>.+?)[\s:=,]+(?P<percent>[0-9]{1,3}(?:\.[0-9]{1,4})?) ?%?")
_LONGEST_LIST: Final = 100_000
_DECIMAL: Final = {"inputmode": "decimal", "autocomplete": "off", "size": 8}


class _Month(forms.CharField):
    """A month, from the browser's own picker or typed as 2026-11."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=forms.TextInput({"type": "month", "placeholder": "2026-11"}),
            max_length=7,
            error_messages={"required": "Enter a month such as 2026-11."},
            **options,
        )

    def clean(self, value: Any) -> Any:
        """Give its first day."""
        text = super().clean(value)
        try:
            return parse_month(text)
        except ValueError as error:
            raise forms.ValidationError("Enter a month such as 2026-11.") from error

    def prepare_value(self, value: Any) -> Any:
        """Write a stored month."""
        return f"{value:%Y-%m}" if isinstance(value, date) else value


class _Lines(forms.CharField):
    """Names, one a line."""

    def __init__(self, **options: Any) -> None:
        rows = options.pop("rows", 3)
        super().__init__(
            required=False,
            max_length=_LONGEST_LIST,
            widget=forms.Textarea({"rows": rows, "spellcheck": "false"}),
            **options,
        )

    def clean(self, value: Any) -> Any:
        """Give the lines that say something."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class _Percent(forms.DecimalField):
    """A percentage that may be left out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            max_digits=8,
            decimal_places=4,
            widget=forms.TextInput(_DECIMAL),
            error_messages={"invalid": "Enter a percentage such as 62."},
            **options,
        )


def _pattern(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=LONGEST_PATTERN,
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class PublishForm(forms.Form):
    """Why a statement is published; what was looked at."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    reason = forms.CharField(
        label="Why?",
        required=False,
        max_length=LONGEST_REASON,
        help_text="It stays on record with the statement.",
        widget=forms.Textarea({"rows": 2}),
    )


class SeenForm(forms.Form):
    """From which month something holds, and which version of the pool was looked at."""

    since = _Month(label="From the month", help_text="Earlier months keep what they have.")
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def refuse(self, error: PoolRefused) -> None:
        """Say what cannot be, at its field."""
        self.add_error(error.field if error.field in self.fields else None, str(error))


class PicksForm(SeenForm):
    """A pool: which charges it picks, and when its turn is."""

    name = forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        help_text="What statements call it.",
        error_messages={"required": "Give the pool a name."},
    )
    dimension = forms.ChoiceField(
        label="Split over", choices=[(name, f"{name.capitalize()}s") for name in TARGET_DIMENSIONS]
    )
    stage = forms.IntegerField(
        label="Stage",
        min_value=1,
        max_value=LAST_STAGE,
        initial=1,
        widget=forms.TextInput({"inputmode": "numeric", "size": 4}),
        help_text="Earlier stages are split first.",
    )
    position = forms.IntegerField(
        label="Place in its stage",
        required=False,
        min_value=1,
        max_value=MOST_POSITION,
        widget=forms.TextInput({"inputmode": "numeric", "size": 4}),
        help_text="The first pool that matches has the charge. Empty: last.",
    )
    kinds = forms.MultipleChoiceField(
        label="Kinds of charges",
        required=False,
        choices=list(KIND_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    provider = _pattern("Provider", "As openai or aws. A * stands for anything.")
    service_name = _pattern("Service")
    sku_meter = _pattern("Meter")
    resource = _pattern("Resource", "Its id or name.")
    account = _pattern("Billing account", "Its id or name.")
    sub_account = _pattern("Sub account", "Its id or name.")
    tag = _pattern("Tag", "The charge must have it.")
    tag_value = _pattern("Value of the tag", "Empty: whatever it says.")
    surcharge_percent = _Percent(
        label="Surcharge, percent",
        help_text="Instead of charges: a part of all that is carried before its stage.",
    )

    @property
    def patterns(self) -> list[forms.BoundField]:
        """The conditions that are texts."""
        return [self[name] for name in PATTERNS]

    def draft(self) -> PoolDraft:
        """Give the pool that was asked for. Only once the form is valid."""
        given = self.cleaned_data
        return PoolDraft(
            name=given["name"],
            dimension=given["dimension"],
            stage=given["stage"],
            position=given["position"],
            kinds=tuple(given["kinds"]),
            surcharge_percent=given["surcharge_percent"],
            **{name: given[name].strip() for name in PATTERNS},
        )

    @staticmethod
    def initial_of(draft: PoolDraft) -> dict[str, Any]:
        """Give a pool's values to begin with."""
        percent = draft.surcharge_percent
        return {
            **{name: getattr(draft, name) for name in ("name", "dimension", "stage", "position")},
            **{name: getattr(draft, name) for name in PATTERNS},
            "kinds": list(draft.kinds),
            "surcharge_percent": None if percent is None else plain(percent),
        }


class SplitForm(SeenForm):
    """How a pool is split from a month on."""

    method = forms.ChoiceField(
        label="Method", choices=list(METHOD_WORDS.items()), initial="priced_tokens"
    )
    driver = forms.CharField(
        label="Uploaded driver",
        required=False,
        max_length=LONGEST_NAME,
        widget=forms.TextInput({"autocomplete": "off", "list": "drivers"}),
        help_text="Needed for a split by an uploaded driver.",
    )
    weights = _Lines(
        label="Fixed percentages",
        help_text="One a line, such as search 60. They sum to 100.",
    )
    targets = _Lines(
        label="Only over these",
        help_text=f"One a line, at most {MOST_TARGETS}. Empty: all with a charge or a call.",
    )
    fallback = forms.ChoiceField(
        label="When the driver is zero for everybody",
        choices=list(FALLBACK_WORDS.items()),
        initial="unallocated",
    )
    utilisation = _Percent(
        label="Used part, percent",
        help_text="For capacity: only the used part is split. Empty: all of it.",
    )
    idle_to = forms.CharField(
        label="Who carries the idle part",
        required=False,
        max_length=LONGEST_PATTERN,
        help_text="Empty: nobody, it is held.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    reason = forms.CharField(
        label="Why?",
        required=False,
        max_length=LONGEST_REASON,
        help_text="It stays on record.",
        widget=forms.Textarea({"rows": 2}),
    )

    def clean_weights(self) -> dict[str, Decimal]:
        """Read a target and its percentage from each line."""
        return _percents(self.cleaned_data["weights"])

    def split(self) -> SplitDraft:
        """Give the split that was asked for. Only once the form is valid."""
        given = self.cleaned_data
        return SplitDraft(
            method=given["method"],
            fallback=given["fallback"],
            weights=given["weights"],
            targets=tuple(given["targets"]),
            driver=given["driver"],
            utilisation=given["utilisation"],
            idle_to=given["idle_to"].strip(),
        )

    @staticmethod
    def initial_of_split(split: SplitDraft) -> dict[str, Any]:
        """Give a split's values to begin with."""
        used = split.utilisation
        weights = sorted(split.weights.items())
        return {
            "method": split.method,
            "fallback": split.fallback,
            "driver": split.driver,
            "weights": "\n".join(f"{target} {plain(part)}" for target, part in weights),
            "targets": "\n".join(split.targets),
            "utilisation": None if used is None else plain(used),
            "idle_to": split.idle_to,
        }


class PoolForm(PicksForm, SplitForm):
    """A new pool: which charges it picks, and how they are split."""


def _percents(lines: Iterable[str]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in lines:
        match = _PART.fullmatch(line)
        if match is None:
            raise forms.ValidationError(f"Write a target and a number, not “{line[:60]}”.")
        if match["target"] in found:
            raise forms.ValidationError(f"{match['target'][:60]} is there twice.")
        found[match["target"]] = Decimal(match["percent"])
    return found
