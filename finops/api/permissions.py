"""What a key's scope allows. A view that names no permission allows nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from finops.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.views import APIView  # views import this module while they load


class NobodyMay(BasePermission):
    """The default: forgetting a permission closes a view instead of opening it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Refuse."""
        return False


class _Scope(BasePermission):
    scopes: frozenset[str]

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Ask for a key (401), then for one of the scopes (403)."""
        if not isinstance(request.auth, ApiKey):
            raise NotAuthenticated("this needs a key: Authorization: Bearer KEY")
        return request.auth.scope in self.scopes


class MayRead(_Scope):
    """Keys that read."""

    scopes = frozenset({ApiKey.READ, ApiKey.ADMIN})


class MayWrite(_Scope):
    """Keys that push calls."""

    scopes = frozenset({ApiKey.WRITE, ApiKey.ADMIN})
