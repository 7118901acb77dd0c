-- Clear what is known of runs that are not there any more: their calls were deleted.
UPDATE finops_capviolation AS told
SET cleared_at = %(now)s
WHERE told.cleared_at IS NULL
  AND NOT EXISTS (SELECT FROM runs WHERE runs.url_id = told.run_url_id)
