"""Forms that set a password: by a link, or by whoever knows the old one."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.core.validators import MaxLengthValidator

#: No password is longer, and none longer is hashed.
LONGEST_PASSWORD: Final = 1_000
PASSWORD_HELP: Final = "At least 10 characters, and not one that many people use."  # noqa: S105 - words


class NewPassword(SetPasswordForm):  # type: ignore[type-arg]  # generic for mypy alone
    """A new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say what we ask for in our own words."""
        super().__init__(*args, **kwargs)
        _describe(self.fields)


class OtherPassword(PasswordChangeForm):
    """The old password, and a new one, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say what we ask for in our own words; the page has more than this form to focus on."""
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        _describe(self.fields)


def _describe(fields: dict[str, forms.Field]) -> None:
    fields["new_password1"].help_text = PASSWORD_HELP
    fields["new_password2"].label = "New password again"
    fields["new_password2"].help_text = ""
    for field in fields.values():
        field.validators.append(MaxLengthValidator(LONGEST_PASSWORD))
