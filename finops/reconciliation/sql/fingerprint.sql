-- What a comparison is made of, in short: current charges of the bills by what they are, calls by
-- model and day. Equal text, equal inputs.
SELECT md5(concat_ws(
    '#',
    (
        SELECT string_agg(told::text, ';' ORDER BY told::text)
        FROM (
            SELECT
                snapshot_id, accounting_month, day, sub_account_id, billing_currency,
                charge_category, kind, model, token_kind, sum(rows), sum(unconverted_rows),
                sum(tokens), sum(billed), sum(list), sum(contracted)
            FROM charges_by_day
            WHERE snapshot_id = ANY (%(snapshots)s) AND provider = %(provider)s
            GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
        ) AS told
    ),
    (
        SELECT string_agg(told::text, ';' ORDER BY told::text)
        FROM (
            SELECT
                day, source_id, model, sum(calls), sum(unpriced_calls), sum(input_tokens),
                sum(cache_read_tokens), sum(cache_write_tokens), sum(cache_write_1h_tokens),
                sum(output_tokens), sum(reasoning_tokens), sum(cost), sum(reported_cost)
            FROM cost_by_day_full
            WHERE day >= %(since)s AND day < %(until)s AND provider = %(provider)s
            GROUP BY 1, 2, 3
        ) AS told
    )
))
