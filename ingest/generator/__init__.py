"""Usage files of invented companies, for tests, benchmarks and the demo."""

from __future__ import annotations

from ingest.generator.company import DEFAULT, Company
from ingest.generator.stream import usage_rows

__all__ = ["DEFAULT", "Company", "usage_rows"]
