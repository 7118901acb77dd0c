"""Budgets, alerts with their outbox, caps, reviews; and which days and runs were refreshed."""

from __future__ import annotations

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import finops.models.fields


def make_single_rows(apps, schema_editor):
    """How alerts are sent and how far caps were checked are one row each, always there."""
    apps.get_model("finops", "AlertSettings").objects.create(pk=1)
    apps.get_model("finops", "CapCheck").objects.create(pk=1)


class Migration(migrations.Migration):

    dependencies = [
        ('finops', '0005_price_proposals'),
    ]

    operations = [
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True)),
                ('kind', models.CharField(choices=[('slack', 'slack'), ('webhook', 'webhook')], max_length=20)),
                ('url', models.CharField(max_length=2000)),
                ('secret', models.CharField(blank=True, default='', max_length=200)),
                ('only_red', models.BooleanField(default=False)),
                ('is_active', models.BooleanField(default=True)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('added_by', models.CharField(blank=True, default='', max_length=200)),
                ('is_sample', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('scope', models.JSONField(blank=True, default=dict)),
                ('basis', models.CharField(choices=[('metered', 'metered'), ('billed', 'billed'), ('effective', 'effective')], default='metered', max_length=20)),
                ('period', models.CharField(choices=[('day', 'day'), ('week', 'week'), ('month', 'month'), ('quarter', 'quarter'), ('year', 'year')], default='month', max_length=10)),
                ('recipients', django.contrib.postgres.fields.ArrayField(base_field=models.EmailField(max_length=254), blank=True, default=list, size=20)),
                ('tell_at_yellow', models.BooleanField(default=True)),
                ('tell_at_red', models.BooleanField(default=True)),
                ('tell_when_heading', models.BooleanField(default=True)),
                ('stopped_from', models.DateField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('is_sample', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.CharField(blank=True, default='', max_length=200)),
                ('escalate_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='budgets', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='AcceptedShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow', models.CharField(max_length=500)),
                ('limit', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('reason', models.TextField()),
                ('accepted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('accepted_by', models.CharField(blank=True, default='', max_length=200)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_by', models.CharField(blank=True, default='', max_length=200)),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='accepted_shares', to='finops.budget')),
            ],
        ),
        migrations.CreateModel(
            name='BudgetRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('effective_from', models.DateField()),
                ('workflow_share', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('reason', models.TextField(blank=True, default='')),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('set_by', models.CharField(blank=True, default='', max_length=200)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('undone_by', models.CharField(blank=True, default='', max_length=200)),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='finops.budget')),
            ],
            options={
                'ordering': ('set_at', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='BudgetLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts', models.DateField()),
                ('planned', models.DecimalField(blank=True, decimal_places=2, max_digits=16, null=True)),
                ('yellow', models.DecimalField(blank=True, decimal_places=2, max_digits=16, null=True)),
                ('red', models.DecimalField(blank=True, decimal_places=2, max_digits=16, null=True)),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='finops.budgetrevision')),
            ],
            options={
                'ordering': ('starts',),
            },
        ),
        migrations.CreateModel(
            name='BudgetStanding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period_start', models.DateField()),
                ('period_end', models.DateField()),
                ('status', models.CharField(choices=[('none', 'none'), ('green', 'green'), ('yellow', 'yellow'), ('red', 'red')], max_length=10)),
                ('reasons', models.JSONField(default=list)),
                ('actual', finops.models.fields.MoneyField()),
                ('unpriced_calls', models.BigIntegerField(default=0)),
                ('planned', finops.models.fields.MoneyField(null=True)),
                ('yellow', finops.models.fields.MoneyField(null=True)),
                ('red', finops.models.fields.MoneyField(null=True)),
                ('workflow_share', finops.models.fields.MoneyField(null=True)),
                ('top_workflow', models.CharField(blank=True, default='', max_length=500)),
                ('top_workflow_cost', finops.models.fields.MoneyField(null=True)),
                ('stale', models.BooleanField(default=False)),
                ('data_to', models.DateTimeField(null=True)),
                ('heading_for', models.CharField(blank=True, default='', max_length=10)),
                ('heading_since', models.DateField(null=True)),
                ('forecast_low', finops.models.fields.MoneyField(null=True)),
                ('forecast_mid', finops.models.fields.MoneyField(null=True)),
                ('forecast_high', finops.models.fields.MoneyField(null=True)),
                ('forecast_state', models.CharField(blank=True, default='', max_length=20)),
                ('forecast_at', models.DateTimeField(null=True)),
                ('crosses_yellow_on', models.DateField(null=True)),
                ('crosses_red_on', models.DateField(null=True)),
                ('evaluated_at', models.DateTimeField()),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='standings', to='finops.budget')),
            ],
        ),
        migrations.CreateModel(
            name='Cap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow', models.CharField(max_length=500)),
                ('kind', models.CharField(choices=[('run_cost', 'run_cost'), ('step_tokens', 'step_tokens'), ('steps', 'steps'), ('retries', 'retries'), ('depth', 'depth')], max_length=20)),
                ('limit', finops.models.fields.MoneyField()),
                ('reason', models.TextField(blank=True, default='')),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('set_by', models.CharField(blank=True, default='', max_length=200)),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('lifted_by', models.CharField(blank=True, default='', max_length=200)),
                ('is_sample', models.BooleanField(default=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('workflow', 'kind'), name='cap_once_per_workflow_and_kind'), models.CheckConstraint(condition=models.Q(('limit__gte', 0)), name='cap_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=300, unique=True)),
                ('severity', models.CharField(choices=[('yellow', 'yellow'), ('red', 'red'), ('heading', 'heading'), ('note', 'note')], max_length=20)),
                ('title', models.CharField(max_length=500)),
                ('facts', models.JSONField(default=dict)),
                ('raised_at', models.DateTimeField()),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_by', models.CharField(blank=True, default='', max_length=200)),
                ('acknowledged_note', models.TextField(blank=True, default='')),
                ('escalate_at', models.DateTimeField(blank=True, null=True)),
                ('escalated_at', models.DateTimeField(blank=True, null=True)),
                ('is_sample', models.BooleanField(default=False)),
                ('budget', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='finops.budget')),
                ('cap', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='finops.cap')),
            ],
            options={
                'ordering': ('-raised_at', '-pk'),
            },
        ),
        migrations.CreateModel(
            name='CapCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('checked_to', models.DateTimeField(null=True)),
                ('held', models.JSONField(default=dict)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='cap_check_only_one')],
            },
        ),
        migrations.CreateModel(
            name='CapViolation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run_url_id', models.UUIDField()),
                ('run', models.CharField(max_length=500)),
                ('started_at', models.DateTimeField()),
                ('value', finops.models.fields.MoneyField()),
                ('limit', finops.models.fields.MoneyField()),
                ('beyond', finops.models.fields.MoneyField(null=True)),
                ('step', models.CharField(blank=True, default='', max_length=500)),
                ('call', models.CharField(blank=True, default='', max_length=500)),
                ('found_at', models.DateTimeField()),
                ('alerted_at', models.DateTimeField(blank=True, null=True)),
                ('cleared_at', models.DateTimeField(blank=True, null=True)),
                ('cap', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='violations', to='finops.cap')),
            ],
        ),
        migrations.CreateModel(
            name='Crossing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period_start', models.DateField()),
                ('period_end', models.DateField()),
                ('kind', models.CharField(choices=[('yellow', 'yellow'), ('red', 'red'), ('workflow_share', 'workflow_share'), ('heading', 'heading')], max_length=20)),
                ('line', finops.models.fields.MoneyField(null=True)),
                ('actual', finops.models.fields.MoneyField()),
                ('workflow', models.CharField(blank=True, default='', max_length=500)),
                ('forecast_mid', finops.models.fields.MoneyField(null=True)),
                ('at', models.DateTimeField()),
                ('alerted_at', models.DateTimeField(blank=True, null=True)),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='crossings', to='finops.budget')),
            ],
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('key', models.CharField(max_length=400, unique=True)),
                ('purpose', models.CharField(choices=[('alert', 'alert'), ('escalation', 'escalation'), ('digest', 'digest'), ('review', 'review'), ('test', 'test')], max_length=20)),
                ('channel', models.CharField(choices=[('email', 'email'), ('slack', 'slack'), ('webhook', 'webhook')], max_length=20)),
                ('recipient', models.CharField(max_length=320)),
                ('subject', models.CharField(blank=True, default='', max_length=500)),
                ('text', models.TextField(blank=True, default='')),
                ('html', models.TextField(blank=True, default='')),
                ('payload', models.JSONField(blank=True, null=True)),
                ('state', models.CharField(choices=[('queued', 'queued'), ('sent', 'sent'), ('dead', 'dead'), ('dropped', 'dropped'), ('kept', 'kept'), ('carried', 'carried')], default='queued', max_length=20)),
                ('queued_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('first_tried_at', models.DateTimeField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('lease_token', models.UUIDField(blank=True, null=True)),
                ('last_error', models.TextField(blank=True, default='')),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('is_sample', models.BooleanField(default=False)),
                ('carried_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='carries', to='finops.delivery')),
                ('alert', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='finops.alert')),
                ('endpoint', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='deliveries', to='finops.endpoint')),
            ],
            options={
                'ordering': ('-queued_at', '-pk'),
            },
        ),
        migrations.CreateModel(
            name='ForecastOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period_start', models.DateField()),
                ('amount', models.DecimalField(decimal_places=2, max_digits=16)),
                ('reason', models.TextField()),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('set_by', models.CharField(blank=True, default='', max_length=200)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_by', models.CharField(blank=True, default='', max_length=200)),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='forecast_overrides', to='finops.budget')),
            ],
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('weekly', 'weekly')], default='weekly', max_length=20)),
                ('key', models.CharField(max_length=20)),
                ('starts', models.DateField()),
                ('ends', models.DateField()),
                ('state', models.CharField(choices=[('open', 'open'), ('closed', 'closed')], default='open', max_length=10)),
                ('version', models.PositiveIntegerField(default=0)),
                ('prepared_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('started_by', models.CharField(blank=True, default='', max_length=200)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('is_sample', models.BooleanField(default=False)),
                ('attendees', models.ManyToManyField(blank=True, related_name='reviews', to=settings.AUTH_USER_MODEL)),
                ('chair', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-starts',),
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_kind', models.CharField(choices=[('workflow', 'workflow'), ('budget', 'budget'), ('new', 'new')], max_length=20)),
                ('subject', models.CharField(max_length=520)),
                ('subject_name', models.CharField(max_length=520)),
                ('choice', models.CharField(blank=True, choices=[('accept', 'accept'), ('investigate', 'investigate'), ('fix', 'fix'), ('stop', 'stop'), ('change_budget', 'change_budget'), ('assign', 'assign')], default='', max_length=20)),
                ('sentence', models.TextField(blank=True, default='')),
                ('choice_by', models.CharField(blank=True, default='', max_length=200)),
                ('choice_at', models.DateTimeField(blank=True, null=True)),
                ('sentence_by', models.CharField(blank=True, default='', max_length=200)),
                ('sentence_at', models.DateTimeField(blank=True, null=True)),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='finops.review')),
            ],
            options={
                'ordering': ('pk',),
            },
        ),
        migrations.CreateModel(
            name='Confirmation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('function', models.CharField(choices=[('finance', 'finance'), ('engineering', 'engineering'), ('datascience', 'datascience')], max_length=20)),
                ('name', models.CharField(max_length=200)),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='confirmations', to='finops.review')),
            ],
        ),
        migrations.CreateModel(
            name='AddedNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('added_by', models.CharField(blank=True, default='', max_length=200)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='added_notes', to='finops.review')),
            ],
            options={
                'ordering': ('added_at', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='Action',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow', models.CharField(blank=True, default='', max_length=500)),
                ('what', models.CharField(max_length=500)),
                ('due', models.DateField()),
                ('expected_saving', models.DecimalField(blank=True, decimal_places=2, max_digits=16, null=True)),
                ('state', models.CharField(choices=[('open', 'open'), ('done', 'done'), ('dropped', 'dropped')], default='open', max_length=10)),
                ('done_on', models.DateField(blank=True, null=True)),
                ('closing_note', models.TextField(blank=True, default='')),
                ('baseline', models.JSONField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.CharField(blank=True, default='', max_length=200)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_by', models.CharField(blank=True, default='', max_length=200)),
                ('is_sample', models.BooleanField(default=False)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='actions', to=settings.AUTH_USER_MODEL)),
                ('decision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='actions', to='finops.decision')),
                ('review', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='actions', to='finops.review')),
            ],
            options={
                'ordering': ('due', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='ReviewNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('section', models.PositiveSmallIntegerField()),
                ('text', models.TextField(blank=True, default='')),
                ('version', models.PositiveIntegerField(default=0)),
                ('written_at', models.DateTimeField(blank=True, null=True)),
                ('written_by', models.CharField(blank=True, default='', max_length=200)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='finops.review')),
            ],
        ),
        migrations.CreateModel(
            name='ReviewVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('document', models.TextField()),
                ('sha256', models.CharField(max_length=64)),
                ('closed_at', models.DateTimeField()),
                ('closed_by', models.CharField(blank=True, default='', max_length=200)),
                ('closed_automatically', models.BooleanField(default=False)),
                ('reopened_at', models.DateTimeField(blank=True, null=True)),
                ('reopened_by', models.CharField(blank=True, default='', max_length=200)),
                ('reopen_reason', models.TextField(blank=True, default='')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='finops.review')),
            ],
            options={
                'ordering': ('number',),
            },
        ),
        migrations.CreateModel(
            name='StatusChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period_start', models.DateField()),
                ('at', models.DateTimeField()),
                ('was', models.CharField(blank=True, default='', max_length=10)),
                ('became', models.CharField(choices=[('none', 'none'), ('green', 'green'), ('yellow', 'yellow'), ('red', 'red')], max_length=10)),
                ('cause', models.CharField(max_length=10)),
                ('late', models.BooleanField(default=False)),
                ('reasons', models.JSONField(default=list)),
                ('actual', finops.models.fields.MoneyField()),
                ('yellow', finops.models.fields.MoneyField(null=True)),
                ('red', finops.models.fields.MoneyField(null=True)),
                ('budget', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='status_changes', to='finops.budget')),
            ],
            options={
                'ordering': ('at', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='AlertSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('escalate_after_minutes', models.PositiveIntegerField(default=60)),
                ('quiet_from', models.TimeField(blank=True, default=None, null=True)),
                ('quiet_until', models.TimeField(blank=True, default=None, null=True)),
                ('digest_at', models.TimeField(blank=True, default=None, null=True)),
                ('escalate_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='alert_settings_only_one'), models.CheckConstraint(condition=models.Q(models.Q(('quiet_from__isnull', True), ('quiet_until__isnull', True)), models.Q(('quiet_from__isnull', False), ('quiet_until__isnull', False)), _connector='OR'), name='alert_quiet_hours_whole')],
            },
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), condition=models.Q(('stopped_from__isnull', True)), name='budget_name_in_use_once'),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='budget_named'),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.CheckConstraint(condition=models.Q(('period__in', ('day', 'week', 'month', 'quarter', 'year'))), name='budget_period_known'),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.CheckConstraint(condition=models.Q(('basis__in', ('metered', 'billed', 'effective'))), name='budget_basis_known'),
        ),
        migrations.AddConstraint(
            model_name='acceptedshare',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('budget', 'workflow'), name='accepted_share_once'),
        ),
        migrations.AddConstraint(
            model_name='budgetrevision',
            constraint=models.CheckConstraint(condition=models.Q(('workflow_share__isnull', True), models.Q(('workflow_share__gt', 0), ('workflow_share__lte', 100)), _connector='OR'), name='budget_workflow_share_is_percent'),
        ),
        migrations.AddConstraint(
            model_name='budgetline',
            constraint=models.UniqueConstraint(fields=('revision', 'starts'), name='budget_line_once_per_day'),
        ),
        migrations.AddConstraint(
            model_name='budgetline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('red__isnull', True), ('yellow__isnull', True)), models.Q(('red__gte', models.F('yellow')), ('yellow__gte', 0)), _connector='OR'), name='budget_lines_in_order'),
        ),
        migrations.AddConstraint(
            model_name='budgetline',
            constraint=models.CheckConstraint(condition=models.Q(('planned__isnull', True), ('planned__gte', 0), _connector='OR'), name='budget_plan_not_negative'),
        ),
        migrations.AddIndex(
            model_name='budgetstanding',
            index=models.Index(fields=['period_end'], name='budget_standing_by_end'),
        ),
        migrations.AddConstraint(
            model_name='budgetstanding',
            constraint=models.UniqueConstraint(fields=('budget', 'period_start'), name='budget_standing_once_per_period'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['-raised_at'], name='alert_by_time'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True)), fields=['escalate_at'], name='alert_to_raise'),
        ),
        migrations.AddIndex(
            model_name='capviolation',
            index=models.Index(fields=['cap', '-started_at'], name='cap_violation_by_start'),
        ),
        migrations.AddIndex(
            model_name='capviolation',
            index=models.Index(condition=models.Q(('alerted_at__isnull', True)), fields=['found_at'], name='violation_untold'),
        ),
        migrations.AddConstraint(
            model_name='capviolation',
            constraint=models.UniqueConstraint(fields=('cap', 'run_url_id'), name='cap_violation_once_per_run'),
        ),
        migrations.AddIndex(
            model_name='crossing',
            index=models.Index(condition=models.Q(('alerted_at__isnull', True)), fields=['at'], name='crossing_untold'),
        ),
        migrations.AddConstraint(
            model_name='crossing',
            constraint=models.UniqueConstraint(fields=('budget', 'period_start', 'kind', 'line', 'workflow'), name='crossing_once', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'queued')), fields=['due_at'], name='delivery_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(fields=['-queued_at'], name='delivery_by_time'),
        ),
        migrations.AddConstraint(
            model_name='forecastoverride',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('budget', 'period_start'), name='forecast_override_once'),
        ),
        migrations.AddConstraint(
            model_name='forecastoverride',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='forecast_override_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(fields=('kind', 'key'), name='review_once'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at__isnull', False), _connector='OR'), name='review_closed_on_record'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(fields=('review', 'subject_kind', 'subject'), name='decision_once_per_row'),
        ),
        migrations.AddConstraint(
            model_name='confirmation',
            constraint=models.UniqueConstraint(fields=('review', 'function'), name='confirmation_once_per_function'),
        ),
        migrations.AddIndex(
            model_name='action',
            index=models.Index(fields=['state', 'due'], name='action_by_state'),
        ),
        migrations.AddConstraint(
            model_name='action',
            constraint=models.CheckConstraint(condition=models.Q(('what', ''), _negated=True), name='action_says_what'),
        ),
        migrations.AddConstraint(
            model_name='action',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('done_on__isnull', False), _connector='OR'), name='action_done_on_a_day'),
        ),
        migrations.AddConstraint(
            model_name='reviewnote',
            constraint=models.UniqueConstraint(fields=('review', 'section'), name='review_note_once'),
        ),
        migrations.AddConstraint(
            model_name='reviewnote',
            constraint=models.CheckConstraint(condition=models.Q(('section__gte', 1), ('section__lte', 6)), name='review_note_section_known'),
        ),
        migrations.AddConstraint(
            model_name='reviewversion',
            constraint=models.UniqueConstraint(fields=('review', 'number'), name='review_version_once'),
        ),
        migrations.AddIndex(
            model_name='statuschange',
            index=models.Index(fields=['budget', '-at'], name='status_change_by_budget'),
        ),
        migrations.RunPython(make_single_rows, migrations.RunPython.noop),
        # A refresh leaves word of what it touched, for whoever watches budgets and caps.
        migrations.RunSQL(
            """
            CREATE TABLE refreshed_days (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                day date NOT NULL
            );
            ALTER TABLE runs ADD COLUMN refreshed_at timestamptz NOT NULL DEFAULT now();
            CREATE INDEX runs_refreshed ON runs (refreshed_at);
            """,
            """
            ALTER TABLE runs DROP COLUMN refreshed_at;
            DROP TABLE refreshed_days;
            """,
        ),
    ]
