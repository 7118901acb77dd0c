"""The web process's entry."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finops.settings")
application = get_wsgi_application()
# Views are loaded now, not at the first request: workers that fork from here share them.
_ = get_resolver().url_patterns
