-- Projections of the calls of meters, refilled per stale hour, never incremented. Dimension first
-- in every key: one customer's quarter is one short range. A second name in a key is hashed: two of
-- 500 letters, four bytes each, are more than an index entry holds.

CREATE TABLE cost_by_hour (
    dimension text NOT NULL,
    value text NOT NULL,
    hour timestamptz NOT NULL,
    model text NOT NULL,
    calls bigint NOT NULL,
    unpriced_calls bigint NOT NULL,
    reported_calls bigint NOT NULL,
    input_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    cache_write_1h_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cost numeric NOT NULL,
    counted_reported numeric NOT NULL,
    reported_cost numeric NOT NULL
) PARTITION BY LIST (dimension);
CREATE UNIQUE INDEX cost_by_hour_key ON cost_by_hour (dimension, value, hour, md5(model));
CREATE TABLE cost_by_hour_total PARTITION OF cost_by_hour FOR VALUES IN ('total');
CREATE TABLE cost_by_hour_feature PARTITION OF cost_by_hour FOR VALUES IN ('feature');
CREATE TABLE cost_by_hour_team PARTITION OF cost_by_hour FOR VALUES IN ('team');
CREATE TABLE cost_by_hour_customer PARTITION OF cost_by_hour FOR VALUES IN ('customer');
CREATE TABLE cost_by_hour_workflow PARTITION OF cost_by_hour FOR VALUES IN ('workflow');
CREATE INDEX cost_by_hour_bucket ON cost_by_hour (hour);

CREATE TABLE cost_by_day (
    dimension text NOT NULL,
    value text NOT NULL,
    day date NOT NULL,
    model text NOT NULL,
    calls bigint NOT NULL,
    unpriced_calls bigint NOT NULL,
    reported_calls bigint NOT NULL,
    input_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    cache_write_1h_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cost numeric NOT NULL,
    counted_reported numeric NOT NULL,
    reported_cost numeric NOT NULL
) PARTITION BY LIST (dimension);
CREATE UNIQUE INDEX cost_by_day_key ON cost_by_day (dimension, value, day, md5(model));
CREATE TABLE cost_by_day_total PARTITION OF cost_by_day FOR VALUES IN ('total');
CREATE TABLE cost_by_day_feature PARTITION OF cost_by_day FOR VALUES IN ('feature');
CREATE TABLE cost_by_day_team PARTITION OF cost_by_day FOR VALUES IN ('team');
CREATE TABLE cost_by_day_customer PARTITION OF cost_by_day FOR VALUES IN ('customer');
CREATE TABLE cost_by_day_workflow PARTITION OF cost_by_day FOR VALUES IN ('workflow');
CREATE INDEX cost_by_day_bucket ON cost_by_day (day);

CREATE TABLE cost_by_day_full (
    day date NOT NULL,
    source_id bigint NOT NULL,
    feature text NOT NULL,
    team text NOT NULL,
    customer text NOT NULL,
    workflow text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    environment text NOT NULL,
    status text NOT NULL,
    calls bigint NOT NULL,
    unpriced_calls bigint NOT NULL,
    reported_calls bigint NOT NULL,
    input_tokens bigint NOT NULL,
    cache_read_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    cache_write_1h_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    cost numeric NOT NULL,
    counted_reported numeric NOT NULL,
    reported_cost numeric NOT NULL
);
CREATE INDEX cost_by_day_full_day ON cost_by_day_full (day);

-- A run is (source, run id); its key is a digest of both, which is also its opaque address.
CREATE TABLE runs (
    url_id uuid PRIMARY KEY,
    source_id bigint NOT NULL,
    run text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    cost numeric,
    calls bigint NOT NULL,
    steps bigint NOT NULL,
    failed_calls bigint NOT NULL,
    repeated_steps bigint NOT NULL,
    cost_of_failed numeric NOT NULL
);
CREATE INDEX runs_ended ON runs (ended_at);

-- A run's part in each workflow that it touched.
CREATE TABLE run_workflows (
    url_id uuid NOT NULL,
    workflow text NOT NULL,
    started_at timestamptz NOT NULL,
    cost numeric,
    calls bigint NOT NULL,
    PRIMARY KEY (url_id, workflow)
);
CREATE INDEX run_workflows_started ON run_workflows (workflow, started_at);

-- How many runs of a workflow, started on a day, cost about gamma^bucket dollars.
CREATE TABLE run_cost_sketch (
    workflow text NOT NULL,
    day date NOT NULL,
    bucket integer NOT NULL,
    runs bigint NOT NULL,
    PRIMARY KEY (workflow, day, bucket)
);
CREATE INDEX run_cost_sketch_day ON run_cost_sketch (day);
