"""The form of a budget: what it covers, how much, from when, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, cast

from django import forms
from django.db.models import Q
from django.forms.boundfield import BoundField

from finops.attribution.values import labels
from finops.budgets.amounts import currency_name
from finops.budgets.checks import Line, check_line
from finops.budgets.editing import USUAL_SHARE
from finops.budgets.lines import Lines
from finops.budgets.refusals import BudgetRefused
from finops.budgets.scope import check_scope
from finops.domain.budget_periods import PERIOD_KINDS, BudgetPeriod, PeriodKind, period_around
from finops.domain.dimensions import DIMENSIONS
from finops.models import Budget, Organization, Person
from finops.models.dimensions import NAMED_DIMENSIONS
from finops.web.budgets import grid
from finops.web.budgets.fields import OFF, AddressesField, LineField, PercentField
from finops.web.fields import DayField

#: How many dimensions the form can combine; more are for the API.
SCOPE_ROWS: Final = 3
#: What people narrow a budget by, the usual first.
_USUAL: Final = ("team", "workflow", "feature", "customer", "provider", "model", "environment")
OFFERED: Final = (*_USUAL, *(name for name in DIMENSIONS if name not in _USUAL))
#: The three amounts, in the order of the form, with the words of their labels.
AMOUNTS: Final = {"yellow": "Yellow above", "red": "Red above", "planned": "Planned amount"}
#: Who hears of it; changed without a reason, and no matter of lines.
SETTINGS: Final = (
    "name",
    "owner",
    "recipients",
    "escalate_to",
    "tell_at_yellow",
    "tell_at_red",
    "tell_when_heading",
)


#: What a budget may be held against, and what finance calls it.
BASES: Final = {
    "metered": "What calls cost",
    "billed": "What bills charge, in cash",
    "effective": "What bills charge, as used",
}


class BudgetForm(forms.Form):
    """A budget as finance draws it. ``lines`` and ``scope`` stand there once it is valid.

    ``budget`` is the one that is edited; what it covers and its periods never change.
    """

    period = forms.ChoiceField(
        label="Held against each",
        choices=[(kind, kind) for kind in PERIOD_KINDS],
        initial="month",
        required=False,
    )
    basis = forms.ChoiceField(
        label="Counts",
        choices=list(BASES.items()),
        initial="metered",
        required=False,
    )
    name = forms.CharField(
        max_length=200,
        required=False,
        help_text="Empty: named after what it covers.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    owner = forms.ModelChoiceField(
        Person.objects.none(),
        empty_label="Choose somebody",
        help_text="Hears of every line that is crossed.",
        error_messages={"required": "Choose an owner. Somebody has to hear of it."},
    )
    recipients = AddressesField(
        label="Also tell", help_text="E-mail addresses, with commas between them."
    )
    tell_at_yellow = forms.BooleanField(label="At yellow", required=False, initial=True)
    tell_at_red = forms.BooleanField(label="At red", required=False, initial=True)
    tell_when_heading = forms.BooleanField(
        label="When heading for red, two days in a row", required=False, initial=True
    )
    escalate_to = forms.ModelChoiceField(
        Person.objects.none(),
        label="Tell at red as well",
        required=False,
        empty_label="As the organisation has it",
        help_text="Leadership, once, when a red line is crossed.",
    )
    effective_from = DayField(
        label="Applies from", help_text="Empty: from the start of the running period."
    )
    workflow_share = PercentField(
        label="Red when one workflow takes more than, percent",
        help_text="Of spend. Empty: 20 for a budget over everything, otherwise off.",
    )
    by_month = forms.BooleanField(label="Other amounts for single months", required=False)
    grid_from = forms.DateField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        organization: Organization,
        today: date,
        budget: Budget | None = None,
        **options: Any,
    ) -> None:
        """Add the amounts in the organisation's currency, and the months from a day on."""
        super().__init__(*args, **options)
        self.organization, self.today, self.budget = organization, today, budget
        self.lines: list[Line] = []
        self.scope: dict[str, str] | None = dict(budget.scope) if budget else None
        self.kind = self._kind()
        self._add_amounts()
        self._offer_people()
        if budget is None:
            self._add_scope()
        else:
            del self.fields["period"], self.fields["basis"]
            self.fields["name"].required = True
            self.fields["name"].help_text = ""
            self.fields["workflow_share"].help_text = "Of what was spent. Empty: off."
        self.months = grid.add(self, self._first())
        if self.months:
            self.initial["grid_from"] = self.months[0].start
        self.order_fields(["scope_dimension_0", "scope_value_0", "period", *AMOUNTS])

    @property
    def counted(self) -> str:
        """Give the basis that the lines are held against, as far as it is known."""
        if self.budget is not None:
            return self.budget.basis
        chosen = str(self["basis"].value() or "metered")
        return chosen if chosen in BASES else "metered"

    # --- what the template shows ------------------------------------------------------------

    def amounts(self) -> list[BoundField]:
        """Give the fields of the three amounts."""
        return [self[name] for name in AMOUNTS]

    def scope_rows(self) -> list[tuple[BoundField, BoundField]]:
        """Give the pairs of dimension and value; none on edit."""
        if self.budget is not None:
            return []
        return [
            (self[f"scope_dimension_{row}"], self[f"scope_value_{row}"])
            for row in range(SCOPE_ROWS)
        ]

    def narrowed(self) -> bool:
        """Tell whether more than the first dimension is in use."""
        return any(part.value() or part.errors for row in self.scope_rows()[1:] for part in row)

    def more_open(self) -> bool:
        """Tell whether something stands or went wrong behind the disclosure."""
        return any(self[name].errors for name in ("effective_from", "workflow_share", "name"))

    def grid_rows(self) -> list[tuple[str, list[BoundField]]]:
        """Give the periods of the grid, in words, with the fields of their amounts."""
        return [
            (grid.heading(period), [self[name] for name in grid.names(period)])
            for period in self.months
        ]

    # --- what was typed ----------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        """Put scope and lines together; refusals of the domain stand at their fields."""
        values: dict[str, Any] = super().clean() or {}
        if self.budget is None:
            self._read_scope(values)
        self._read_lines(values)
        return values

    def start(self) -> date:
        """Give the first day from which the lines hold; by default the running period's."""
        return self.period_of(self.cleaned_data.get("effective_from") or self.today).start

    def period_of(self, day: date) -> BudgetPeriod:
        """Give the period that holds a day."""
        month = self.organization.fiscal_year_start_month
        return period_around(self.kind, day, fiscal_start=month)

    def typed(self) -> Lines:
        """Give the lines as far as they can be read: those of the running period, or the first."""
        if not self.lines:
            return Lines()
        running = self.period_of(self.today).start
        held = [line for line in self.lines if (line.starts or running) <= running]
        line = held[-1] if held else self.lines[0]
        return Lines(line.planned, line.yellow, line.red)

    def share(self) -> Decimal | None:
        """Give the limit of one workflow's share; a new budget has the usual one of its scope."""
        given = self.cleaned_data.get("workflow_share")
        if given is None and self.budget is None and not self.scope:
            return USUAL_SHARE
        return None if given == OFF else given

    def _read_scope(self, values: Mapping[str, Any]) -> None:
        scope: dict[str, str] = {}
        for row in range(SCOPE_ROWS):
            dimension = values.get(f"scope_dimension_{row}", "")
            value = values.get(f"scope_value_{row}", "")
            if dimension and not value:
                self.add_error(f"scope_value_{row}", f"Name the {dimension}.")
            elif value and not dimension:
                self.add_error(f"scope_dimension_{row}", f"Say what “{value[:80]}” is.")
            elif dimension in scope:
                self.add_error(f"scope_dimension_{row}", f"Name one {dimension} only.")
            elif dimension:
                scope[dimension] = _value_called(dimension, value)
        if any(name.startswith("scope_") for name in self.errors):
            return
        try:
            self.scope = check_scope(scope)
        except BudgetRefused as error:
            self.add_error("scope_value_0", str(error))

    def _read_lines(self, values: Mapping[str, Any]) -> None:
        if values.get("by_month"):
            self._read_grid(values)
            return
        amounts = {name: values.get(name) for name in AMOUNTS}
        if any(name in self.errors for name in AMOUNTS):
            return
        try:
            self.lines = [check_line(Line(**amounts))]
        except BudgetRefused as error:
            self.add_error(error.field, str(error))

    def _read_grid(self, values: Mapping[str, Any]) -> None:
        first = self.months[0] if self.months else None
        if first is None:
            self.add_error("by_month", "Only months and quarters can have amounts of their own.")
            return
        if values.get("grid_from") not in (None, first.start):
            said = f"The amounts now begin with {first.label}. Press Preview to see them."
            self.add_error("by_month", said)
            return
        for name, said in grid.problems(self.months, values, self.errors):
            self.add_error(name, said)
        if not self.errors:
            self.lines = grid.lines(self.months, values)

    # --- making the fields -------------------------------------------------------------------

    def _kind(self) -> PeriodKind:
        chosen = self.budget.period if self.budget else self["period"].value()
        return cast("PeriodKind", chosen) if chosen in PERIOD_KINDS else "month"

    def _first(self) -> BudgetPeriod:
        """Give the first period of the grid: where it stood, else where the lines begin."""
        asked = DayField().to_python(self["effective_from"].value()) if self._has_day() else None
        return self.period_of(asked or self.today)

    def _has_day(self) -> bool:
        try:
            DayField().clean(self["effective_from"].value())
        except forms.ValidationError:
            return False
        return True

    def _add_amounts(self) -> None:
        currency = self.organization.currency
        for name, label in AMOUNTS.items():
            self.fields[name] = LineField(
                currency=currency,
                label=f"{label}, {currency_name(currency)} a {self.kind}",
                required=name != "planned" and not self["by_month"].value(),
                error_messages={"required": f"Enter the {name} line, such as 12,000."},
            )

    def _offer_people(self) -> None:
        """Offer whoever is here, and who stands there even when they have left."""
        kept = [self.budget.owner_id, self.budget.escalate_to_id] if self.budget else []
        people = Person.objects.filter(
            Q(is_active=True) | Q(pk__in=[pk for pk in kept if pk is not None])
        ).order_by("name", "email")
        for name in ("owner", "escalate_to"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = people

    def _add_scope(self) -> None:
        for row in range(SCOPE_ROWS):
            nothing = "Everything" if row == 0 else "Nothing more"
            self.fields[f"scope_dimension_{row}"] = forms.ChoiceField(
                label="Everything, or only a" if row == 0 else "And only a",
                choices=[("", nothing), *((name, name.capitalize()) for name in OFFERED)],
                required=False,
            )
            self.fields[f"scope_value_{row}"] = forms.CharField(
                label="Called",
                max_length=500,
                required=False,
                widget=forms.TextInput({"list": f"values-{row}", "autocomplete": "off"}),
            )


def _value_called(dimension: str, typed: str) -> str:
    """Give the value that has a display name, where that was typed; else what was typed."""
    if dimension not in NAMED_DIMENSIONS:
        return typed
    named = {label.casefold(): value for value, label in labels(dimension).items()}
    return named.get(typed.casefold(), typed)
