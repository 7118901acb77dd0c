"""Revaluation runs: who asked, who undid, what it did; and what each run wrote to a call."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("finops", "0002_ledger")]
    operations = [
        migrations.AddField("revaluation", "unpriced_only", models.BooleanField(default=False)),
        migrations.AddField(
            "revaluation", "apply_requested_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField("revaluation", "forced", models.BooleanField(default=False)),
        migrations.AddField(
            "revaluation", "applied_by", models.CharField(blank=True, default="", max_length=200)
        ),
        migrations.AddField("revaluation", "result", models.JSONField(default=dict)),
        migrations.AddField(
            "revaluation", "undone_by", models.CharField(blank=True, default="", max_length=200)
        ),
        migrations.AddField("revaluation", "undo_reason", models.TextField(blank=True, default="")),
        # A fingerprint of what the run wrote: an undo leaves a call alone that has changed since,
        # say because a better telling of it arrived.
        migrations.RunSQL(
            "ALTER TABLE call_before_images ADD COLUMN written bigint NOT NULL",
            "ALTER TABLE call_before_images DROP COLUMN written",
        ),
    ]
