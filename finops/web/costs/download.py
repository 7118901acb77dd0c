"""The whole answer as CSV: every group, the same bytes as the API gives."""

from __future__ import annotations

import re
from tempfile import SpooledTemporaryFile
from typing import Final

from django.core.exceptions import BadRequest
from django.http import FileResponse, HttpRequest

from finops.access.rights import Right
from finops.domain.tabular import csv_lines
from finops.insights.cost_question import CostQuestion
from finops.rollups.long_answers import each_row
from finops.rollups.patience import TookTooLong, patience
from finops.rollups.queries import csv_cells, csv_header
from finops.web.costs.asked import asked
from finops.web.costs.words import reaches_too_far
from finops.web.rights import needs

#: How many seconds a file may take before its first row.
_PATIENCE: Final = 30
#: Up to this many bytes are held in memory; a longer file waits on disk.
_IN_MEMORY: Final = 1 << 20


@needs(Right.SEE)
def download(request: HttpRequest) -> FileResponse:
    """Send the table; however long it is, only a part of it is in memory at a time.

    It is read to its end before the first byte leaves, so that a slow reader holds no snapshot and
    a failure is a page. What a page would not read is not read here either (400).
    """
    question = asked(request).question
    if question.reaches_too_far:
        raise BadRequest(reaches_too_far(question))
    file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the response closes it
    scope = question.scope
    try:
        with patience(_PATIENCE):
            rows = (csv_cells(scope, row, question.currency) for row in each_row(scope))
            file.writelines(line.encode() for line in csv_lines(csv_header(scope), rows))
    except TookTooLong as error:
        raise BadRequest(str(error)) from error
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=_name(question), content_type="text/csv; charset=utf-8"
    )


def _name(question: CostQuestion) -> str:
    by = f"-by-{'-'.join(question.by)}" if question.by else ""
    return f"costs{by}-{re.sub('[^0-9a-z-]+', '-', question.period.key)}.csv"
