"""What a key's scope, or a person's role, allows. A view that names none allows nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from finops.access.rights import Right, may
from finops.models import ApiKey, Person

if TYPE_CHECKING:
    from rest_framework.views import APIView  # views import this module while they load


class NobodyMay(BasePermission):
    """The default: forgetting a permission closes a view instead of opening it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Refuse."""
        return False


class _Scope(BasePermission):
    scopes: frozenset[str]
    #: The right with which a signed-in person may do the same; None where only keys may.
    right: Right | None = None

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Ask for a key or a person (401), then for one of the scopes, or the right (403)."""
        if isinstance(request.auth, ApiKey):
            return request.auth.scope in self.scopes
        if not isinstance(request.user, Person):
            raise NotAuthenticated("this needs a key: Authorization: Bearer KEY")
        return self.right is not None and may(request.user, self.right)


class MayRead(_Scope):
    """Keys that read, and people who see pages."""

    scopes = frozenset({ApiKey.READ, ApiKey.ADMIN})
    right = Right.SEE


class MaySetMoney(_Scope):
    """Admin keys, and people who set budgets."""

    scopes = frozenset({ApiKey.ADMIN})
    right = Right.SET_MONEY


class ReadOrSetMoney(BasePermission):
    """Whoever may read may ask; changing needs the right to set money."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Ask for the one or the other, by what is done."""
        asked = MayRead() if request.method in SAFE_METHODS else MaySetMoney()
        return asked.has_permission(request, view)


class MayWrite(_Scope):
    """Keys that push calls; a person imports files instead."""

    scopes = frozenset({ApiKey.WRITE, ApiKey.ADMIN})
