-- Every staged row becomes a charge of its bill's new snapshot.
INSERT INTO charges (
    id, billing_period, snapshot_id, import_id, line, source_id,
    billing_account_id, billing_account_name, sub_account_id, sub_account_name,
    charge_period_start, charge_period_end, charge_category, charge_class, charge_description,
    charge_frequency, service_provider_name, host_provider_name, invoice_issuer_name, invoice_id,
    service_category, service_subcategory, service_name, sku_id, sku_meter, sku_price_id,
    sku_price_details, resource_id, resource_name, resource_type, region_id, pricing_category,
    pricing_quantity, pricing_unit, consumed_quantity, consumed_unit, list_unit_price,
    contracted_unit_price, commitment_discount_id, commitment_discount_status, principal_id,
    credential_id, line_item_id, billing_currency, billed_cost, effective_cost, list_cost,
    contracted_cost, tags, extra, exchange_rate, accounting_month, kind, kind_rule_id, provider,
    model, token_kind, tokens, feature, team, customer, end_user, workflow, environment,
    attributed_by
)
SELECT
    row.id, row.billing_period, arriving.snapshot_id, %(import_id)s, row.line, %(source_id)s,
    row.billing_account_id, row.billing_account_name, row.sub_account_id, row.sub_account_name,
    row.charge_period_start, row.charge_period_end, row.charge_category, row.charge_class,
    row.charge_description, row.charge_frequency, row.service_provider_name,
    row.host_provider_name, row.invoice_issuer_name, row.invoice_id, row.service_category,
    row.service_subcategory, row.service_name, row.sku_id, row.sku_meter, row.sku_price_id,
    row.sku_price_details, row.resource_id, row.resource_name, row.resource_type, row.region_id,
    row.pricing_category, row.pricing_quantity, row.pricing_unit, row.consumed_quantity,
    row.consumed_unit, row.list_unit_price, row.contracted_unit_price, row.commitment_discount_id,
    row.commitment_discount_status, row.principal_id, row.credential_id, row.line_item_id,
    row.billing_currency, row.billed_cost, row.effective_cost, row.list_cost, row.contracted_cost,
    row.tags, row.extra, days.rate, arriving.accounting_month, row.kind, row.kind_rule_id,
    row.provider, row.model, row.token_kind, row.tokens, row.feature, row.team, row.customer,
    row.end_user, row.workflow, row.environment, row.attributed_by
FROM {rows} AS row
JOIN arriving USING (billing_account_id, billing_period)
JOIN staged_days AS days
    ON days.billing_account_id = row.billing_account_id
    AND days.billing_period = row.billing_period
    AND days.billing_currency = row.billing_currency
    AND days.day = (row.charge_period_start AT TIME ZONE 'UTC')::date
