"""The worker's and the scheduler's entry."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finops.settings")
app = Celery("costline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

#: The scheduler sends tasks by name: no code of theirs, no Django, a third of the memory.
scheduler = Celery("costline scheduler", set_as_current=False, fixups=[])
scheduler.config_from_object("django.conf:settings", namespace="CELERY")
