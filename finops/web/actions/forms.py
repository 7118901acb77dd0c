"""What people type into the Actions room."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from finops.budgets.amounts import write_amount
from finops.models import Action, Organization, Person
from finops.reviews.actions import (
    LONGEST_CLOSING_NOTE,
    UnknownWorkflow,
    find_workflow,
    workflow_name,
)
from finops.web.fields import DayField, ReasonField
from finops.web.reviews.weekly.forms import ActionForm


class WholeActionForm(ActionForm):
    """An action with everything that there is to say about it."""

    workflow = forms.CharField(
        label="Workflow",
        required=False,
        max_length=500,
        help_text="Where the saving should show.",
        widget=forms.TextInput({"list": "workflows", "autocomplete": "off"}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        """Begin without an owner, which says so; what is not known yet may stay empty."""
        super().__init__(*args, **options)
        owner = cast("forms.ModelChoiceField[Person]", self.fields["owner"])
        owner.empty_label = "Choose an owner"
        self.fields["saving"].help_text = "Leave it empty when it is not known yet."

    def clean_workflow(self) -> str:
        """Give the value of a workflow that was typed by its value or its name."""
        try:
            return find_workflow(self.cleaned_data["workflow"])
        except UnknownWorkflow as error:
            raise forms.ValidationError(str(error)) from error

    def promised(self) -> dict[str, Any]:
        """Give what the domain takes."""
        return super().promised() | {"workflow": self.cleaned_data["workflow"]}


class SeenForm(forms.Form):
    """The version of an action that somebody had before them when they pressed a button."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class DoneForm(SeenForm):
    """How it went, if there is something to say."""

    note = forms.CharField(
        label="What came of it",
        required=False,
        max_length=LONGEST_CLOSING_NOTE,
        widget=forms.Textarea({"rows": 2}),
    )


class DropForm(SeenForm):
    """Why it will not be done."""

    note = ReasonField(label="Why is it dropped?")


class MoveForm(SeenForm):
    """Until when instead."""

    due = DayField(label="Due instead")

    def __init__(self, *args: Any, **options: Any) -> None:
        """Ask for a day."""
        super().__init__(*args, **options)
        self.fields["due"].required = True
        self.fields["due"].error_messages["required"] = "Choose the day it is due instead."


def as_typed(action: Action) -> dict[str, Any]:
    """Write an action down as its form holds it."""
    return {
        "what": action.what,
        "owner": action.owner_id,
        "due": action.due,
        "saving": write_amount(action.expected_saving, Organization.current().currency),
        "workflow": workflow_name(action.workflow),
        "version": action.version,
    }
