-- One line; the months are named so that each partition is searched by its key.
SELECT * FROM charges WHERE billing_period = ANY (%(months)s) AND id = %(id)s
