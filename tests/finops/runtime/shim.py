"""A checkout in miniature, for tests of ``serve``: our own runtime around the smallest Django."""

from __future__ import annotations

import shutil
from pathlib import Path

from finops.runtime import paths

FILES = {
    "manage.py": """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "finops.settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
""",
    "finops/__init__.py": "",
    "finops/settings.py": """
from finops.runtime import broker, database, paths
SECRET_KEY = paths.secret("key")
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["finops", "django.contrib.staticfiles"]
STATIC_URL, STATIC_ROOT = "/static/", paths.sub_dir("static")
ROOT_URLCONF = "finops.urls"
DATABASES = {"default": database.database_settings()}
CELERY_BROKER_URL = broker.broker_settings()["url"]
CELERY_BROKER_TRANSPORT_OPTIONS = broker.broker_settings()["transport_options"]
""",
    "finops/celery.py": """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finops.settings")
from celery import Celery
from finops.runtime import paths
app = Celery("finops")
app.config_from_object("django.conf:settings", namespace="CELERY")
@app.task
def touch():
    (paths.data_dir() / "touched").touch()
scheduler = Celery("scheduler", set_as_current=False, fixups=[])
scheduler.config_from_object("django.conf:settings", namespace="CELERY")
scheduler.conf.beat_schedule = {"touch": {"task": "finops.celery.touch", "schedule": 1}}
""",
    "finops/wsgi.py": """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finops.settings")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
""",
    "finops/urls.py": """
from django.db import connection
from django.http import HttpResponse
from django.urls import path
def ready(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok")
urlpatterns = [path("readyz", ready)]
""",
}


def checkout(folder: Path) -> Path:
    """Make the checkout in ``folder`` and return it."""
    ours = paths.REPOSITORY / "finops"
    for name in ("runtime", "management"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ours / name, folder / "finops" / name, ignore=ignored)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder
