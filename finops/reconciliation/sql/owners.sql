-- What the bill itself says of keys and accounts: whose they may be.
SELECT
    coalesce(credential_id, principal_id, '') AS credential,
    coalesce(sub_account_id, '') AS account,
    max(sub_account_name) AS account_name,
    array_remove(array_agg(DISTINCT team), NULL) AS teams,
    array_remove(array_agg(DISTINCT left(tag.key || ' = ' || tag.value, 200)), NULL) AS tags
FROM charges
LEFT JOIN LATERAL jsonb_each_text(tags) AS tag ON true
WHERE snapshot_id = ANY (%(snapshots)s)
  AND billing_period = ANY (%(periods)s)
  AND provider = %(provider)s
  AND (
    coalesce(credential_id, principal_id, '') = ANY (%(credentials)s)
    OR sub_account_id = ANY (%(accounts)s)
  )
GROUP BY 1, 2
ORDER BY 1, 2
