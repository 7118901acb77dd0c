"""Bills, what is AI on them, reconciliation, shared cost, and the close of a month."""

import django.contrib.postgres.fields
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import finops.models.fields
from pathlib import Path

from django.db import migrations, models


SQL = Path(__file__).parent / "sql"


def statements(name: str) -> str:
    """Read one of the scripts beside this migration."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):

    dependencies = [
        ('finops', '0006_budgets_and_reviews'),
    ]

    operations = [
        migrations.CreateModel(
            name='AllocationRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('dimension', models.CharField(choices=[('team', 'team'), ('feature', 'feature'), ('customer', 'customer'), ('workflow', 'workflow')], max_length=20)),
                ('basis', models.CharField(default='effective', max_length=20)),
                ('version', models.PositiveIntegerField(default=1)),
                ('current', models.BooleanField(default=True)),
                ('currency', models.CharField(max_length=3)),
                ('inputs', models.JSONField(default=dict)),
                ('sha256', models.CharField(max_length=64)),
                ('total_in', finops.models.fields.MoneyField()),
                ('total_out', finops.models.fields.MoneyField()),
                ('direct', finops.models.fields.MoneyField()),
                ('unallocated', finops.models.fields.MoneyField()),
                ('unreconciled', models.JSONField(default=dict)),
                ('reason', models.TextField(blank=True, default='')),
                ('run_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('run_by', models.CharField(blank=True, default='', max_length=200)),
            ],
            options={
                'ordering': ('-month', '-version'),
            },
        ),
        migrations.CreateModel(
            name='AllocationShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pool_name', models.CharField(max_length=200)),
                ('stage', models.PositiveSmallIntegerField()),
                ('method', models.CharField(max_length=20)),
                ('target', models.CharField(blank=True, default='', max_length=500)),
                ('weight', finops.models.fields.MoneyField(null=True)),
                ('amount', finops.models.fields.MoneyField()),
            ],
        ),
        migrations.CreateModel(
            name='BillSnapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('import_id', models.BigIntegerField(db_index=True)),
                ('billing_account_id', models.CharField(blank=True, default='', max_length=500)),
                ('billing_account_name', models.CharField(blank=True, default='', max_length=500)),
                ('billing_period', models.DateField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('status', models.CharField(choices=[('staged', 'staged'), ('current', 'current'), ('superseded', 'superseded'), ('held', 'held'), ('discarded', 'discarded')], default='staged', max_length=20)),
                ('held_because', models.CharField(blank=True, default='', max_length=40)),
                ('schema', models.CharField(blank=True, default='', max_length=40)),
                ('content_hash', models.CharField(blank=True, default='', max_length=64)),
                ('rows', models.BigIntegerField(default=0)),
                ('first_day', models.DateField(null=True)),
                ('last_day', models.DateField(null=True)),
                ('totals', models.JSONField(default=dict)),
                ('services', models.JSONField(default=dict)),
                ('score', models.JSONField(default=dict)),
                ('diff', models.JSONField(default=dict)),
                ('provider', models.CharField(blank=True, default='', max_length=200)),
                ('accounting_month', models.DateField(null=True)),
                ('published_at', models.DateTimeField(null=True)),
                ('superseded_at', models.DateTimeField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.CharField(blank=True, default='', max_length=200)),
                ('decision_reason', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='ChargeKindRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=200)),
                ('service_provider', models.CharField(blank=True, default='', max_length=200)),
                ('service_name', models.CharField(blank=True, default='', max_length=500)),
                ('service_category', models.CharField(blank=True, default='', max_length=200)),
                ('sku_meter', models.CharField(blank=True, default='', max_length=500)),
                ('resource', models.CharField(blank=True, default='', max_length=500)),
                ('description', models.CharField(blank=True, default='', max_length=500)),
                ('account', models.CharField(blank=True, default='', max_length=500)),
                ('sub_account', models.CharField(blank=True, default='', max_length=500)),
                ('unit', models.CharField(blank=True, default='', max_length=200)),
                ('kind', models.CharField(choices=[('llm_usage', 'llm_usage'), ('llm_capacity', 'llm_capacity'), ('llm_other', 'llm_other'), ('model_training', 'model_training'), ('gpu', 'gpu'), ('ml_platform', 'ml_platform'), ('vector_store', 'vector_store'), ('gateway', 'gateway'), ('egress', 'egress'), ('observability', 'observability'), ('not_ai', 'not_ai')], max_length=20)),
                ('provider', models.CharField(blank=True, default='', max_length=200)),
                ('model', models.CharField(blank=True, default='', max_length=500)),
                ('model_from', models.CharField(blank=True, default='', max_length=40)),
                ('model_pattern', models.CharField(blank=True, default='', max_length=500)),
                ('token_kind', models.CharField(blank=True, choices=[('input', 'input'), ('cache_read', 'cache_read'), ('cache_write', 'cache_write'), ('cache_write_1h', 'cache_write_1h'), ('input_audio', 'input_audio'), ('input_image', 'input_image'), ('output', 'output'), ('output_audio', 'output_audio')], default='', max_length=20)),
                ('tokens_per_unit', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True)),
                ('effective_from', models.DateField(blank=True, null=True)),
                ('effective_to', models.DateField(blank=True, null=True)),
                ('seeded', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.CharField(blank=True, default='', max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='CostPool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('stage', models.PositiveSmallIntegerField(default=1)),
                ('position', models.PositiveIntegerField(default=1)),
                ('dimension', models.CharField(choices=[('team', 'team'), ('feature', 'feature'), ('customer', 'customer'), ('workflow', 'workflow')], default='team', max_length=20)),
                ('kinds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None)),
                ('provider', models.CharField(blank=True, default='', max_length=200)),
                ('service_name', models.CharField(blank=True, default='', max_length=500)),
                ('sku_meter', models.CharField(blank=True, default='', max_length=500)),
                ('resource', models.CharField(blank=True, default='', max_length=500)),
                ('account', models.CharField(blank=True, default='', max_length=500)),
                ('sub_account', models.CharField(blank=True, default='', max_length=500)),
                ('tag', models.CharField(blank=True, default='', max_length=500)),
                ('tag_value', models.CharField(blank=True, default='', max_length=500)),
                ('surcharge_percent', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ('stopped_from', models.DateField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('is_sample', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.CharField(blank=True, default='', max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='DriverValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('driver', models.CharField(max_length=200)),
                ('month', models.DateField()),
                ('target', models.CharField(max_length=500)),
                ('value', finops.models.fields.MoneyField()),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('set_by', models.CharField(blank=True, default='', max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='ExchangeRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('effective_from', models.DateField()),
                ('rate', finops.models.fields.MoneyField()),
                ('origin', models.CharField(blank=True, default='', max_length=200)),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('set_by', models.CharField(blank=True, default='', max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='MonthClose',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('closed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_by', models.CharField(blank=True, default='', max_length=200)),
                ('reason', models.TextField(blank=True, default='')),
                ('checklist', models.JSONField(default=dict)),
                ('figures', models.JSONField(default=dict)),
                ('sha256', models.CharField(blank=True, default='', max_length=64)),
                ('reopened_at', models.DateTimeField(blank=True, null=True)),
                ('reopened_by', models.CharField(blank=True, default='', max_length=200)),
                ('reopen_reason', models.TextField(blank=True, default='')),
            ],
            options={
                'ordering': ('-month', '-version'),
            },
        ),
        migrations.CreateModel(
            name='PoolSplit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('effective_from', models.DateField()),
                ('method', models.CharField(choices=[('even', 'even'), ('fixed', 'fixed'), ('direct_cost', 'direct_cost'), ('calls', 'calls'), ('priced_tokens', 'priced_tokens'), ('metered', 'metered'), ('driver', 'driver'), ('hold', 'hold')], max_length=20)),
                ('fallback', models.CharField(choices=[('even', 'even'), ('previous', 'previous'), ('unallocated', 'unallocated')], default='unallocated', max_length=20)),
                ('weights', models.JSONField(blank=True, default=dict)),
                ('targets', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=500), blank=True, default=list, size=None)),
                ('driver', models.CharField(blank=True, default='', max_length=200)),
                ('utilisation', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ('idle_to', models.CharField(blank=True, default='', max_length=500)),
                ('reason', models.TextField(blank=True, default='')),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('set_by', models.CharField(blank=True, default='', max_length=200)),
            ],
            options={
                'ordering': ('effective_from', 'set_at', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='Reconciliation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=200)),
                ('month', models.DateField()),
                ('metered', finops.models.fields.MoneyField()),
                ('reported', finops.models.fields.MoneyField(null=True)),
                ('billed', finops.models.fields.MoneyField(null=True)),
                ('cut_off', finops.models.fields.MoneyField(default=0)),
                ('missing_logs', finops.models.fields.MoneyField(default=0)),
                ('unlogged_keys', finops.models.fields.MoneyField(default=0)),
                ('price', finops.models.fields.MoneyField(default=0)),
                ('discount', finops.models.fields.MoneyField(default=0)),
                ('credits', finops.models.fields.MoneyField(default=0)),
                ('unexplained', finops.models.fields.MoneyField(default=0)),
                ('tax', finops.models.fields.MoneyField(default=0)),
                ('not_llm', finops.models.fields.MoneyField(default=0)),
                ('unconverted', models.JSONField(default=dict)),
                ('grain', models.CharField(blank=True, default='', max_length=100)),
                ('complete', models.BooleanField(default=False)),
                ('status', models.CharField(choices=[('not_due', 'not_due'), ('provisional', 'provisional'), ('matched', 'matched'), ('explained', 'explained'), ('investigating', 'investigating'), ('accepted', 'accepted'), ('locked', 'locked')], max_length=20)),
                ('computed_status', models.CharField(choices=[('not_due', 'not_due'), ('provisional', 'provisional'), ('matched', 'matched'), ('explained', 'explained'), ('investigating', 'investigating'), ('accepted', 'accepted'), ('locked', 'locked')], max_length=20)),
                ('computed_at', models.DateTimeField()),
                ('inputs_hash', models.CharField(blank=True, default='', max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='ReconciliationEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=200)),
                ('month', models.DateField()),
                ('kind', models.CharField(choices=[('investigate', 'investigate'), ('accept', 'accept'), ('reopen', 'reopen'), ('lock', 'lock'), ('unlock', 'unlock'), ('restated', 'restated')], max_length=20)),
                ('amount', finops.models.fields.MoneyField(null=True)),
                ('reason', models.TextField(blank=True, default='')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.CharField(blank=True, default='', max_length=200)),
            ],
            options={
                'ordering': ('at', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='ReconciliationLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(null=True)),
                ('account', models.CharField(blank=True, default='', max_length=500)),
                ('credential', models.CharField(blank=True, default='', max_length=500)),
                ('model', models.CharField(blank=True, default='', max_length=500)),
                ('token_kind', models.CharField(blank=True, default='', max_length=20)),
                ('metered_quantity', finops.models.fields.MoneyField(null=True)),
                ('billed_quantity', finops.models.fields.MoneyField(null=True)),
                ('metered', finops.models.fields.MoneyField(default=0)),
                ('billed', finops.models.fields.MoneyField(default=0)),
                ('book_price', finops.models.fields.MoneyField(null=True)),
                ('billed_price', finops.models.fields.MoneyField(null=True)),
                ('cut_off', finops.models.fields.MoneyField(default=0)),
                ('missing_logs', finops.models.fields.MoneyField(default=0)),
                ('unlogged_keys', finops.models.fields.MoneyField(default=0)),
                ('price', finops.models.fields.MoneyField(default=0)),
                ('discount', finops.models.fields.MoneyField(default=0)),
                ('credits', finops.models.fields.MoneyField(default=0)),
                ('unexplained', finops.models.fields.MoneyField(default=0)),
                ('finding', models.CharField(blank=True, default='', max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name='ReconciliationTolerance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(blank=True, default='', max_length=200, unique=True)),
                ('matched_amount', models.DecimalField(decimal_places=2, default=1, max_digits=16)),
                ('matched_percent', models.DecimalField(decimal_places=2, default=1, max_digits=5)),
                ('explained_percent', models.DecimalField(decimal_places=2, default=5, max_digits=5)),
                ('days_until_due', models.PositiveSmallIntegerField(default=3)),
            ],
        ),
        migrations.AddField(
            model_name='attributionrule',
            name='account',
            field=models.CharField(blank=True, default='', max_length=500),
        ),
        migrations.AddField(
            model_name='attributionrule',
            name='principal',
            field=models.CharField(blank=True, default='', max_length=500),
        ),
        migrations.AddField(
            model_name='attributionrule',
            name='resource',
            field=models.CharField(blank=True, default='', max_length=500),
        ),
        migrations.AddField(
            model_name='attributionrule',
            name='service',
            field=models.CharField(blank=True, default='', max_length=500),
        ),
        migrations.AddField(
            model_name='attributionrule',
            name='sub_account',
            field=models.CharField(blank=True, default='', max_length=500),
        ),
        migrations.AddField(
            model_name='source',
            name='kind',
            field=models.CharField(choices=[('usage', 'usage'), ('billing', 'billing')], default='usage', max_length=20),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['usage', 'billing'])), name='source_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='allocationrun',
            constraint=models.UniqueConstraint(condition=models.Q(('current', True)), fields=('month', 'dimension'), name='allocation_current_once'),
        ),
        migrations.AddConstraint(
            model_name='allocationrun',
            constraint=models.UniqueConstraint(fields=('month', 'dimension', 'version'), name='allocation_version_once'),
        ),
        migrations.AddField(
            model_name='allocationshare',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='finops.allocationrun'),
        ),
        migrations.AddField(
            model_name='billsnapshot',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bill_snapshots', to='finops.source'),
        ),
        migrations.AddConstraint(
            model_name='chargekindrule',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('position',), name='charge_kind_position_once'),
        ),
        migrations.AddConstraint(
            model_name='chargekindrule',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ('llm_usage', 'llm_capacity', 'llm_other', 'model_training', 'gpu', 'ml_platform', 'vector_store', 'gateway', 'egress', 'observability', 'not_ai'))), name='charge_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='chargekindrule',
            constraint=models.CheckConstraint(condition=models.Q(('effective_to__isnull', True), ('effective_from__isnull', True), ('effective_to__gt', models.F('effective_from')), _connector='OR'), name='charge_kind_period_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='costpool',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), condition=models.Q(('stopped_from__isnull', True)), name='cost_pool_name_in_use_once'),
        ),
        migrations.AddConstraint(
            model_name='costpool',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='cost_pool_named'),
        ),
        migrations.AddField(
            model_name='allocationshare',
            name='pool',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='finops.costpool'),
        ),
        migrations.AddConstraint(
            model_name='drivervalue',
            constraint=models.UniqueConstraint(fields=('driver', 'month', 'target'), name='driver_value_once'),
        ),
        migrations.AddConstraint(
            model_name='drivervalue',
            constraint=models.CheckConstraint(condition=models.Q(('value__gte', 0)), name='driver_value_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='exchangerate',
            constraint=models.UniqueConstraint(fields=('currency', 'effective_from'), name='exchange_rate_once_per_day'),
        ),
        migrations.AddConstraint(
            model_name='exchangerate',
            constraint=models.CheckConstraint(condition=models.Q(('rate__gt', 0)), name='exchange_rate_positive'),
        ),
        migrations.AddConstraint(
            model_name='monthclose',
            constraint=models.UniqueConstraint(condition=models.Q(('reopened_at__isnull', True)), fields=('month',), name='month_closed_once'),
        ),
        migrations.AddConstraint(
            model_name='monthclose',
            constraint=models.UniqueConstraint(fields=('month', 'version'), name='month_close_version_once'),
        ),
        migrations.AddConstraint(
            model_name='monthclose',
            constraint=models.CheckConstraint(condition=models.Q(('month__day', 1)), name='month_close_begins'),
        ),
        migrations.AddField(
            model_name='poolsplit',
            name='pool',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='splits', to='finops.costpool'),
        ),
        migrations.AddConstraint(
            model_name='reconciliation',
            constraint=models.UniqueConstraint(fields=('provider', 'month'), name='reconciliation_once_per_month'),
        ),
        migrations.AddConstraint(
            model_name='reconciliation',
            constraint=models.CheckConstraint(condition=models.Q(('month__day', 1)), name='reconciliation_month_begins'),
        ),
        migrations.AddIndex(
            model_name='reconciliationevent',
            index=models.Index(fields=['provider', 'month'], name='reconciliation_event_by_month'),
        ),
        migrations.AddField(
            model_name='reconciliationline',
            name='reconciliation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='finops.reconciliation'),
        ),
        migrations.AddConstraint(
            model_name='reconciliationtolerance',
            constraint=models.CheckConstraint(condition=models.Q(('matched_amount__gte', 0), ('matched_percent__gte', 0), ('explained_percent__gte', models.F('matched_percent'))), name='tolerance_in_order'),
        ),
        migrations.AddIndex(
            model_name='billsnapshot',
            index=models.Index(fields=['-billing_period', 'source'], name='bill_snapshot_by_period'),
        ),
        migrations.AddConstraint(
            model_name='billsnapshot',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'current')), fields=('source', 'billing_account_id', 'billing_period'), name='bill_snapshot_current_once'),
        ),
        migrations.AddConstraint(
            model_name='billsnapshot',
            constraint=models.CheckConstraint(condition=models.Q(('billing_period__day', 1)), name='bill_period_is_a_month'),
        ),
        migrations.AddIndex(
            model_name='allocationshare',
            index=models.Index(fields=['run', 'target'], name='allocation_share_by_target'),
        ),
        migrations.AddConstraint(
            model_name='poolsplit',
            constraint=models.CheckConstraint(condition=models.Q(('method__in', ('even', 'fixed', 'direct_cost', 'calls', 'priced_tokens', 'metered', 'driver', 'hold'))), name='pool_split_method_known'),
        ),
        migrations.AddConstraint(
            model_name='poolsplit',
            constraint=models.CheckConstraint(condition=models.Q(('utilisation__isnull', True), models.Q(('utilisation__gte', 0), ('utilisation__lte', 100)), _connector='OR'), name='pool_split_utilisation_is_percent'),
        ),
        migrations.AddIndex(
            model_name='reconciliationline',
            index=models.Index(fields=['reconciliation', 'model'], name='reconciliation_line_by_model'),
        ),
        migrations.RunSQL(statements("charges"), statements("charges_reverse")),
    ]
