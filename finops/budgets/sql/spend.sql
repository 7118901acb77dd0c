-- What calls of some scopes cost, each in its own stretch of time. A row of `wanted` is a question;
-- a scope that holds merged values asks once for each of their spellings.
SELECT wanted.question, {by}, sum({cost}), sum({unpriced})::bigint
FROM unnest({wanted}) AS wanted ({names})
JOIN {table} ON {time} >= wanted.since AND {time} < wanted.until AND {matches}
WHERE {time} >= {first} AND {time} < {last} AND {fixed}
GROUP BY 1, 2
