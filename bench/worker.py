"""One import in a process of its own: ready, then go, then its figures as JSON.

The clock of a benchmark starts with "go", so starting Python and Django is not measured.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path


def main(path: str, source: str) -> None:
    """Import a file into a source, rollups included."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finops.settings")
    import django

    django.setup()
    from django.db import connection

    from ingest.foreground import import_files

    connection.ensure_connection()
    idle = peak_kb()
    print("ready", flush=True)
    sys.stdin.readline()
    (job,) = import_files([path], {"source": source}, quiet=True)
    told = {
        "status": job.status,
        "rows": job.rows,
        "accepted": job.accepted,
        "duplicates": job.duplicates,
        "unpriced": job.unpriced,
        "idle_kb": idle,
        "peak_kb": peak_kb(),
    }
    print(json.dumps(told), flush=True)


def peak_kb() -> int:
    """Give the most memory that this process ever had resident."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    main(*sys.argv[1:])
