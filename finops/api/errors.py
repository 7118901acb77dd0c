"""How failures are answered: one shape, no inner details."""

from __future__ import annotations

import logging
from typing import Any

from django.db import InterfaceError, OperationalError
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

logger = logging.getLogger(__name__)


class BadQuestion(APIException):
    """A question that cannot be read: 400, with what was expected."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = "the request cannot be read"


class TooLarge(APIException):
    """More than a push may hold: 413."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "a push holds at most 10 MB and 10,000 calls"


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception into ``{"detail": …}``; a lost database is 503, and worth a retry."""
    if isinstance(error, (OperationalError, InterfaceError)):
        logger.warning("the database cannot be reached: %s", error)
        detail = {"detail": "the database cannot be reached; nothing was stored, try again"}
        return Response(detail, status.HTTP_503_SERVICE_UNAVAILABLE, headers={"Retry-After": "5"})
    return exception_handler(error, context)
