"""The forms of entering the admin."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from accounts.services.sign_ins import sign_in_begin, sign_in_succeed
from accounts.staff.visitors import visitor_of

LOCKED_OUT = "There were too many attempts. Try again in 15 minutes."


class StaffSignInForm(AdminAuthenticationForm):
    """E-mail address and password; each attempt counts, and too many of them are not looked at."""

    def clean(self) -> dict[str, Any]:
        """Check the password, unless there were too many attempts already."""
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not email or not password or self.request is None:
            return super().clean()
        attempt_id = sign_in_begin(user=email, visitor=visitor_of(self.request))
        if attempt_id is None:
            raise ValidationError(LOCKED_OUT, code="locked_out")
        cleaned = super().clean()
        sign_in_succeed(user=email, attempt_id=attempt_id)
        return cleaned


class CodeForm(forms.Form):
    """A code of an app, or a recovery code; people write spaces into either."""

    code = forms.CharField(
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        """Return the code as it is kept."""
        return "".join(str(self.cleaned_data["code"]).split()).lower()
