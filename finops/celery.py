"""The worker's and the scheduler's entry."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finops.settings")
app = Celery("costline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
