"""A small file that a form brings along: kept in memory, up to a limit, and never on disk."""

from __future__ import annotations

from typing import Any, Final

from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

#: What the file's field is called.
FIELD: Final = "file"


class SmallFile(FileUploadHandler):
    """Keep the one file of a form in memory; ``data`` is None while none has come.

    Set it before the form is read: ``request.upload_handlers = [handler]``; the view is then
    ``csrf_exempt``, and what it calls to read the form ``csrf_protect``.
    """

    def __init__(self, request: HttpRequest, *, limit: int) -> None:
        super().__init__(request)
        self.limit = limit
        self.data: bytearray | None = None
        self.is_large = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin the file; pass over any other."""
        super().new_file(*args, **kwargs)
        if self.field_name != FIELD or self.data is not None:
            raise SkipFile
        self.data = bytearray()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a block, or read no further."""
        assert self.data is not None  # new_file came before
        self.data += raw_data
        if len(self.data) > self.limit:
            self.is_large = True
            raise StopUpload(connection_reset=True)

    def file_complete(self, file_size: int) -> None:
        """Give Django nothing to keep."""


def text_of(data: bytes) -> str:
    """Read a sheet as text: UTF-8, or UTF-16 with its mark. Raises UnicodeDecodeError."""
    return data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
