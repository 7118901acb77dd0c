"""What is asked of whoever publishes a held version of a bill, or throws it away."""

from __future__ import annotations

from typing import Final

from django import forms

PUBLISH, DISCARD = "publish", "discard"
#: What a decision may be, and what its button says.
DECISIONS: Final = ((PUBLISH, "Publish"), (DISCARD, "Discard"))


class DecisionForm(forms.Form):
    """Publish or discard, and why."""

    decision = forms.ChoiceField(
        choices=DECISIONS,
        widget=forms.HiddenInput,
        error_messages={"required": "Choose Publish or Discard."},
    )
    reason = forms.CharField(
        label="Why?",
        min_length=10,
        max_length=1_000,
        help_text="At least 10 letters. It stays on record with your name.",
        widget=forms.Textarea({"rows": 2}),
        error_messages={
            "required": "Say why, in 10 letters or more.",
            "min_length": "Say why, in 10 letters or more.",
        },
    )

    @property
    def publishes(self) -> bool:
        """Say whether the version is to count."""
        return bool(self.cleaned_data["decision"] == PUBLISH)
