"""Upload handlers: one that streams a file to disk, and one that takes no file at all."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

from ingest.uploads import Part, UploadRefused

#: The one field whose file is taken.
FIELD: Final = "file"
#: Sent after the file: whoever has it has the whole file before it.
LAST_FIELD: Final = "complete"


class ToDisk(FileUploadHandler):
    """Write the file of one field to disk as it arrives; memory holds one block of it.

    ``part`` is what has arrived, ``name`` what its sender calls it, ``refusal`` why no more is
    taken. Files of other fields are read past. Whoever makes a handler closes it.
    """

    chunk_size = 1024 * 1024

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.part: Part | None = None
        self.name = ""
        self.refusal: UploadRefused | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin the file; pass over any other."""
        super().new_file(*args, **kwargs)
        if self.field_name != FIELD or self.part is not None:
            raise SkipFile
        self.name = self.file_name or ""
        try:
            self.part = Part()
        except UploadRefused as refusal:
            self._refuse(refusal)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a block."""
        assert self.part is not None  # new_file came before, or nothing comes at all
        try:
            self.part.write(raw_data)
        except UploadRefused as refusal:
            self._refuse(refusal)

    def file_complete(self, file_size: int) -> None:
        """Give Django nothing to keep: the part is ours."""

    def close(self) -> None:
        """Throw away what nobody kept."""
        if self.part is not None:
            self.part.close()

    def _refuse(self, refusal: UploadRefused) -> NoReturn:
        self.refusal = refusal
        raise StopUpload(connection_reset=True)


class NoFiles(FileUploadHandler):
    """Stop reading at the first file: a form that takes files says so with a handler of its own."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Read no further."""
        raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Never called."""

    def file_complete(self, file_size: int) -> None:
        """Never called."""
