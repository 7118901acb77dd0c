-- Snapshots that arrive: of which bill, instead of which one, over which of its days.
CREATE TEMP TABLE arriving ON COMMIT DROP AS
SELECT
    arrived.id AS snapshot_id,
    arrived.billing_account_id,
    arrived.billing_period,
    arrived.accounting_month,
    replaced.id AS replaced_id,
    -- A delivery that reaches as far as the bill does replaces what lies beyond, too.
    CASE WHEN arrived.first_day > replaced.first_day THEN arrived.first_day
        ELSE '-infinity'::date END AS covers_from,
    CASE WHEN arrived.last_day < replaced.last_day THEN arrived.last_day
        ELSE 'infinity'::date END AS covers_to
FROM finops_billsnapshot AS arrived
LEFT JOIN finops_billsnapshot AS replaced
    ON replaced.source_id = arrived.source_id
    AND replaced.billing_account_id = arrived.billing_account_id
    AND replaced.billing_period = arrived.billing_period
    AND replaced.status = 'current'
WHERE arrived.id = ANY (%(snapshots)s)
