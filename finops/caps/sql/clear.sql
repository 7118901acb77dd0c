-- Clear what corrected data undid: the run was looked at just now and keeps its cap, or is none of
-- the workflow's any more.
UPDATE finops_capviolation AS told
SET cleared_at = %(now)s
FROM held_caps AS caps
WHERE caps.cap_id = told.cap_id AND told.cleared_at IS NULL
  AND NOT EXISTS (
      SELECT FROM held_values AS found
      WHERE found.cap_id = told.cap_id AND found.url_id = told.run_url_id
        AND found.value > found."limit"
  )
  AND (
      told.started_at >= caps.again_from
      OR EXISTS (
          SELECT FROM runs
          WHERE runs.url_id = told.run_url_id
            AND runs.refreshed_at > %(checked_to)s AND runs.refreshed_at <= %(reaches_to)s
      )
      OR NOT EXISTS (
          SELECT FROM held_workflows AS spelled
          JOIN run_workflows AS part USING (workflow)
          WHERE spelled.cap_id = told.cap_id AND part.url_id = told.run_url_id
      )
  )
