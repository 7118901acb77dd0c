-- Bills: one row per billing line under FOCUS names, in snapshots that are swapped as a whole.

CREATE SEQUENCE charge_id_seq CACHE 100;

CREATE TABLE charges (
    id bigint NOT NULL,
    billing_period date NOT NULL,
    snapshot_id bigint NOT NULL,
    import_id bigint NOT NULL,
    line bigint NOT NULL,
    source_id bigint NOT NULL,
    billing_account_id text NOT NULL,
    billing_account_name text,
    sub_account_id text,
    sub_account_name text,
    charge_period_start timestamptz NOT NULL,
    charge_period_end timestamptz NOT NULL,
    charge_category text NOT NULL,
    charge_class text,
    charge_description text,
    charge_frequency text,
    service_provider_name text,
    host_provider_name text,
    invoice_issuer_name text,
    invoice_id text,
    service_category text,
    service_subcategory text,
    service_name text,
    sku_id text,
    sku_meter text,
    sku_price_id text,
    sku_price_details jsonb,
    resource_id text,
    resource_name text,
    resource_type text,
    region_id text,
    pricing_category text,
    pricing_quantity numeric,
    pricing_unit text,
    consumed_quantity numeric,
    consumed_unit text,
    list_unit_price numeric,
    contracted_unit_price numeric,
    commitment_discount_id text,
    commitment_discount_status text,
    principal_id text,
    credential_id text,
    line_item_id text,
    billing_currency text NOT NULL,
    -- In the billing currency; null = the bill does not say, which is not 0.
    billed_cost numeric,
    effective_cost numeric,
    list_cost numeric,
    contracted_cost numeric,
    tags jsonb,
    extra jsonb,
    -- What one unit of the billing currency was worth then; null = nobody has said.
    exchange_rate numeric,
    -- The month that it is posted to: its billing period, or the open month when that was closed.
    accounting_month date NOT NULL,
    -- What it is: decided by rules at publication, and again by a recorded revaluation.
    kind text,
    kind_rule_id bigint,
    provider text NOT NULL,
    model text,
    token_kind text,
    -- Tokens, where it counts any.
    tokens numeric,
    -- Whose it is: by the same rules as calls.
    feature text,
    team text,
    customer text,
    end_user text,
    workflow text,
    environment text,
    attributed_by jsonb,
    PRIMARY KEY (billing_period, id)
) PARTITION BY RANGE (billing_period);

CREATE INDEX charges_snapshot ON charges (snapshot_id, line);

CREATE TABLE charge_before_images (
    revaluation_id bigint NOT NULL,
    charge_id bigint NOT NULL,
    billing_period date NOT NULL,
    before jsonb NOT NULL,
    PRIMARY KEY (revaluation_id, charge_id)
);

-- A projection of the current charges, refilled per snapshot in the transaction that changes them.
-- Days are the provider's, in UTC. Amounts are in the reporting currency; rows whose currency has no
-- rate are counted in `unconverted_rows` and in no amount.
CREATE TABLE charges_by_day (
    snapshot_id bigint NOT NULL,
    source_id bigint NOT NULL,
    billing_period date NOT NULL,
    accounting_month date NOT NULL,
    day date NOT NULL,
    billing_account_id text NOT NULL,
    sub_account_id text NOT NULL,
    billing_currency text NOT NULL,
    charge_category text NOT NULL,
    service_name text NOT NULL,
    kind text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    token_kind text NOT NULL,
    feature text NOT NULL,
    team text NOT NULL,
    customer text NOT NULL,
    workflow text NOT NULL,
    environment text NOT NULL,
    rows bigint NOT NULL,
    unconverted_rows bigint NOT NULL,
    missing_billed_rows bigint NOT NULL,
    missing_effective_rows bigint NOT NULL,
    tokens numeric NOT NULL,
    billed numeric NOT NULL,
    effective numeric NOT NULL,
    list numeric NOT NULL,
    contracted numeric NOT NULL,
    missing_list_rows bigint NOT NULL,
    missing_contracted_rows bigint NOT NULL
);
CREATE INDEX charges_by_day_snapshot ON charges_by_day (snapshot_id);
CREATE INDEX charges_by_day_day ON charges_by_day (day);
CREATE INDEX charges_by_day_month ON charges_by_day (accounting_month);

-- The same by month and by what a bill is read by first, so that its page reads a few rows a bill.
-- `month` is that of the days that were paid for.
CREATE TABLE charges_by_month (
    snapshot_id bigint NOT NULL,
    billing_period date NOT NULL,
    month date NOT NULL,
    billing_currency text NOT NULL,
    charge_category text NOT NULL,
    kind text NOT NULL,
    provider text NOT NULL,
    rows bigint NOT NULL,
    unconverted_rows bigint NOT NULL,
    missing_billed_rows bigint NOT NULL,
    missing_effective_rows bigint NOT NULL,
    billed numeric NOT NULL,
    effective numeric NOT NULL
);
CREATE INDEX charges_by_month_snapshot ON charges_by_month (snapshot_id);

-- Calls that were posted to a later month than their own, because that was closed. Months turn by
-- the organisation's clock, so those of a few hours around a turn are in it as well.
CREATE INDEX calls_posted_late ON calls (accounting_month)
    WHERE accounting_month > date_trunc('month', started_at AT TIME ZONE 'UTC');
