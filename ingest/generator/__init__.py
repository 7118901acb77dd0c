"""Usage files of invented companies, for tests, benchmarks and the demo."""

from __future__ import annotations

from ingest.generator.company import Company
from ingest.generator.default_company import DEFAULT
from ingest.generator.stream import usage_rows

__all__ = ["DEFAULT", "Company", "usage_rows"]
