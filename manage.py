#!/usr/bin/env python
"""Django's command line, with Costline's settings."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command that the terminal asked for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finops.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
