-- The dearest groups as they are; the others added up by what they miss and by period.
SELECT {shown}, count(*) AS groups, {sums}
FROM (
    SELECT *, row_number() OVER (ORDER BY {amount} DESC, {names}) AS place
    FROM ({grouped}) AS grouped ({names})
) AS placed
GROUP BY {numbers}, least(place, %(keep)s + 1)
