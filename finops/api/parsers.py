"""How bodies reach a view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser


class AnyBody(BaseParser):
    """Hands the bytes over as they came: the importer reads them exactly, digits and all."""

    media_type = "*/*"

    def parse(  # type: ignore[override]  # stubs know only parsers of forms and JSON
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Read the body, which the server has bounded by its Content-Length."""
        return stream.read()
