"""Price proposals, what they would do to history, and who named a model; unpriced calls at hand."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("finops", "0004_people_and_names")]
    operations = [
        migrations.CreateModel(
            name="PriceProposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("card", models.JSONField()),
                ("reason", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("approved", "approved"),
                            ("declined", "declined"),
                        ],
                        default="waiting",
                        max_length=20,
                    ),
                ),
                ("proposed_by", models.CharField(max_length=200)),
                ("proposed_at", models.DateTimeField()),
                ("decided_by", models.CharField(blank=True, default="", max_length=200)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision_note", models.TextField(blank=True, default="")),
                (
                    "price",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="proposal",
                        to="finops.price",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="price_proposal_decided_on_record",
                        condition=models.Q(state="waiting", decided_at__isnull=True)
                        | models.Q(state__in=["approved", "declined"], decided_at__isnull=False),
                    )
                ],
                "indexes": [
                    models.Index(fields=["state", "-id"], name="price_proposal_by_state")
                ],
            },
        ),
        migrations.AddField(
            "revaluation",
            "proposal",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="effects",
                to="finops.priceproposal",
            ),
        ),
        migrations.AddField(
            "modelalias", "added_by", models.CharField(blank=True, db_default="", max_length=200)
        ),
        migrations.AddField("modelalias", "note", models.TextField(blank=True, db_default="")),
        # Few calls lack a price: finding them must not read those that have one.
        migrations.RunSQL(
            "CREATE INDEX calls_unpriced ON calls (started_at) WHERE cost IS NULL",
            "DROP INDEX calls_unpriced",
        ),
    ]
