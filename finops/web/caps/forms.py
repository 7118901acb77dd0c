"""The caps of a workflow as people type them: one field per kind, an empty one for no cap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict

from finops.attribution.refusals import Refused
from finops.budgets.amounts import CURRENCY_NAMES
from finops.caps.kinds import KINDS, CapKind, read_limit
from finops.caps.setting import LONGEST_REASON
from finops.caps.suggesting import Suggestion, Usual
from finops.domain import display
from finops.domain.money import plain

_ANSWERS: Final = {"inputmode": "decimal", "autocomplete": "off", "size": 12}


class Fit(NamedTuple):
    """A limit that would fit: what it is, what it would have caught, and where it is filled in."""

    written: str
    told: str
    href: str


class LimitField(forms.CharField):
    """A limit of one kind; what was typed comes back as it was typed when it is refused."""

    def __init__(self, kind: CapKind, currency: str) -> None:
        """Make an optional field that says its unit."""
        self.kind = kind
        unit = f", {CURRENCY_NAMES.get(currency, currency)}" if kind.is_money else ""
        super().__init__(
            required=False,
            label=f"{kind.label}{unit}",
            help_text=kind.help,
            max_length=100,
            widget=forms.TextInput(_ANSWERS),
        )

    def clean(self, value: Any) -> Any:
        """Give a Decimal, or None for no cap."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_limit(self.kind, text)
        except Refused as error:
            raise forms.ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        """Write a stored limit with every digit."""
        return plain(value) if isinstance(value, Decimal) else value


class CapsForm(forms.Form):
    """All caps of a workflow at once, and why they change."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=500)
    reason = forms.CharField(
        label="Why?",
        required=False,
        max_length=LONGEST_REASON,
        help_text="Needed when a cap that is set changes. It stays on record.",
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(
        self, *args: Any, currency: str, usual: Usual, address: QueryDict, **options: Any
    ) -> None:
        """Add a field for each kind; what is ``usual`` stands beside them."""
        super().__init__(*args, **options)
        self.currency, self.usual, self.address = currency, usual, address
        for kind in KINDS.values():
            self.fields[kind.name] = LimitField(kind, currency)
        self.order_fields([*KINDS, "reason"])

    def limits(self) -> Iterator[tuple[BoundField, list[Fit]]]:
        """Give each kind's field and the limits that would fit."""
        for name in KINDS:
            field = self[name]
            yield field, [self._fit(each, field) for each in self.usual.suggestions(name)]

    def _fit(self, suggested: Suggestion, field: BoundField) -> Fit:
        address = self.address.copy()
        address[suggested.kind] = plain(suggested.limit)
        broken = display.number(suggested.broken) if suggested.broken else "none"
        runs = display.counted(suggested.runs, "run")
        return Fit(
            written=KINDS[suggested.kind].amount(suggested.limit, self.currency),
            told=f"would have been broken by {broken} of {runs}",
            href=f"?{address.urlencode()}#{field.id_for_label}",
        )

    @property
    def wanted(self) -> Mapping[str, Decimal | None]:
        """The limits by kind; None for no cap. Only once the form is valid."""
        return {name: self.cleaned_data[name] for name in KINDS}
