"""Fields that forms of several rooms share: a day, and a reason."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.core.validators import RegexValidator

#: Calls before it are refused at the door, so nothing before it says anything.
FIRST_DAY: Final = date(2015, 1, 1)
LAST_DAY: Final = date(2100, 1, 1)
_WORDS: Final = RegexValidator(r"[^\W_]", "Write at least one word.")


class DayField(forms.DateField):
    """A day, from the browser's own picker or typed as 2026-11-03."""

    def __init__(self, **options: Any) -> None:
        """Make an optional field for a day on which calls can happen."""
        super().__init__(
            required=False,
            widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d"],
            error_messages={"invalid": "Enter a day such as 2026-11-03."},
            **options,
        )

    def validate(self, value: Any) -> None:
        """Refuse days that no call can have."""
        super().validate(value)
        if value and not FIRST_DAY <= value <= LAST_DAY:
            raise forms.ValidationError(f"Enter a day from {FIRST_DAY:%Y} to {LAST_DAY:%Y}.")


class ReasonField(forms.CharField):
    """Why somebody changes something; it stays on record."""

    def __init__(self, **options: Any) -> None:
        """Make a required field of a few lines."""
        super().__init__(
            max_length=2_000,
            widget=forms.Textarea({"rows": 2}),
            validators=[_WORDS],
            error_messages={"required": "Say why. It stays on record."},
            **options,
        )


class WhyForm(forms.Form):
    """A reason alone."""

    reason = ReasonField(label="Why?")
