INSERT INTO finops_apikeyminute AS counted (key_id, minute, requests)
VALUES (%(key)s, %(minute)s, 1)
ON CONFLICT (key_id, minute) DO UPDATE SET requests = counted.requests + 1
RETURNING requests
