runs.url_id IN (
    SELECT told.run_url_id
    FROM finops_capviolation AS told
    JOIN finops_cap AS cap ON cap.id = told.cap_id
    WHERE told.cleared_at IS NULL AND cap.lifted_at IS NULL AND cap.workflow = ANY (%(workflows)s)
)
