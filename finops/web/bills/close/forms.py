"""The two forms of a month: close it, and open it again."""

from __future__ import annotations

from typing import Final

from django import forms

from finops.closing.closing import LONGEST_REASON

_WORDS: Final = {"rows": 3, "maxlength": LONGEST_REASON}


class CloseForm(forms.Form):
    """Why a month is closed although something is not done; ``seen`` marks what was looked at."""

    prefix = "close"
    month = forms.DateField(input_formats=["%Y-%m"], widget=forms.HiddenInput)
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(_WORDS),
        help_text="Needed while an item is open. It stays on record.",
    )


class ReopenForm(forms.Form):
    """Why a month is opened again."""

    prefix = "reopen"
    reason = forms.CharField(
        label="Why do you reopen it?",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(_WORDS),
        help_text="What was kept stays on record. Closing again makes the next version.",
        error_messages={"required": "Say why the month is opened again."},
    )
