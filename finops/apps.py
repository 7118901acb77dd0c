"""The product: what the money means, and the pages."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class FinopsConfig(AppConfig):
    """Stages of the pipeline from prices to pages."""

    name = "finops"
    verbose_name = "Costline"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the first migration leave an installation that is ready to use."""
        from finops import converters
        from finops.access.changes import register
        from finops.installation import install

        converters.register()
        register()
        post_migrate.connect(install, sender=self)
