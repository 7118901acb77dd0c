"""The Data room: sources, imports, uploads, what is missing, and how fresh it all is."""

from __future__ import annotations

from django.urls import path

from finops.web.data.bill import bill
from finops.web.data.gaps import rejected, unpriced
from finops.web.data.imports import (
    again,
    cancel,
    delete,
    import_list,
    import_progress,
    import_rejects,
    one_import,
)
from finops.web.data.mapping import mapping
from finops.web.data.room import room, running_imports
from finops.web.data.sources import add_source, edit_source, source_list
from finops.web.data.upload import upload

urlpatterns = [
    path("", room, name="data"),
    path("running/", running_imports, name="data-running"),
    path("imports/", import_list, name="data-imports"),
    path("imports/<int:pk>/", one_import, name="data-import"),
    path("imports/<int:pk>/progress/", import_progress, name="data-progress"),
    path("imports/<int:pk>/rejects.<slug:form>", import_rejects, name="data-import-rejects"),
    path("imports/<int:pk>/cancel/", cancel, name="data-cancel"),
    path("imports/<int:pk>/delete/", delete, name="data-delete"),
    path("imports/<int:pk>/again/", again, name="data-again"),
    path("imports/<int:pk>/mapping/", mapping, name="data-mapping"),
    path("imports/<int:pk>/bill/", bill, name="data-bill"),
    path("upload/", upload, name="data-upload"),
    path("sources/", source_list, name="data-sources"),
    path("sources/add/", add_source, name="data-source-add"),
    path("sources/<int:pk>/", edit_source, name="data-source"),
    path("unpriced/", unpriced, name="data-unpriced"),
    path("rejects/", rejected, name="data-rejects"),
]
