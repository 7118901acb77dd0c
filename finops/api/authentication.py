"""Who calls: the holder of a key, sent as ``Authorization: Bearer …``, or a signed-in person."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from finops.access.keys import find_key
from finops.models import ApiKey


class KeyAuthentication(BaseAuthentication):
    """Finds the key; ``request.auth`` is its record."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        """Give nobody and the key. Raises AuthenticationFailed (401) for one that is not in use."""
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if not scheme:
            return None
        if scheme.lower() != b"bearer":
            raise AuthenticationFailed("send the key as: Authorization: Bearer KEY")
        try:
            key = find_key(token.strip().decode("ascii"))
        except UnicodeDecodeError:
            key = None
        if key is None:
            raise AuthenticationFailed("the key is wrong or revoked")
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that a missing key is answered with 401."""
        return "Bearer"


class PersonAuthentication(SessionAuthentication):
    """Finds who is signed in; what they change needs the CSRF token as well (403).

    ``request.auth`` stays None.
    """


class PersonScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its base is untyped
    """How the API's description names a signed-in person."""

    target_class = "finops.api.authentication.PersonAuthentication"
    name = "person"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Describe the session's cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its base is untyped
    """How the API's description names the scheme."""

    target_class = "finops.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Describe a bearer key."""
        return {"type": "http", "scheme": "bearer"}
