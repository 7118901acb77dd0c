-- The ledger: every call once, the keys that make it once, and every route by which it arrived.

CREATE SEQUENCE call_id_seq CACHE 100;

CREATE TABLE calls (
    id bigint NOT NULL,
    started_at timestamptz NOT NULL,
    source_id bigint NOT NULL,
    import_id bigint NOT NULL,
    line bigint NOT NULL,
    requests bigint NOT NULL,
    -- Disjoint parts of prompt and answer; null = the source did not say.
    input_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    cache_write_1h_tokens bigint,
    input_audio_tokens bigint,
    input_image_tokens bigint,
    output_tokens bigint,
    reasoning_tokens bigint,
    output_audio_tokens bigint,
    latency_ms double precision,
    attempt integer NOT NULL,
    accounting_month date NOT NULL,
    -- Valuation: changed only by a recorded revaluation.
    price_id bigint,
    computed_cost numeric,
    reported_cost numeric,
    currency text,
    cost numeric,
    cost_source text,
    unpriced_reason text,
    -- Who and what. `*_given` is the source's spelling where the catalogue has another.
    provider text NOT NULL,
    provider_given text,
    model text NOT NULL,
    model_given text,
    region text,
    processing text NOT NULL,
    status text NOT NULL,
    environment text,
    feature text,
    team text,
    customer text,
    end_user text,
    workflow text,
    run text,
    step text,
    parent text,
    call_ref text,
    response_id text,
    error text,
    tags jsonb,
    -- Which rule gave which dimension: {"team": 3}; null = the call's own fields alone.
    attributed_by jsonb,
    PRIMARY KEY (started_at, id),
    CONSTRAINT call_unpriced_has_reason CHECK ((cost IS NULL) = (unpriced_reason IS NOT NULL)),
    CONSTRAINT call_cost_has_source CHECK ((cost IS NULL) = (cost_source IS NULL))
) PARTITION BY RANGE (started_at);

CREATE INDEX calls_run ON calls (run) WHERE run IS NOT NULL;

-- One row per name under which a call is known (source + id; provider + response id). Unique over
-- all time: a key that held the day would count a call twice when its time moved over midnight.
CREATE TABLE call_keys (
    key uuid PRIMARY KEY,
    call_id bigint NOT NULL,
    started_at timestamptz NOT NULL
);

-- Routes beside the counted one. `version` holds the call as that route told it, where it differs;
-- the counted version is in `calls`, its route in `calls.import_id`.
CREATE TABLE call_evidence (
    id bigint GENERATED ALWAYS AS IDENTITY,
    call_id bigint NOT NULL,
    started_at timestamptz NOT NULL,
    import_id bigint NOT NULL,
    precedence smallint NOT NULL,
    version jsonb,
    PRIMARY KEY (call_id, import_id)
);
CREATE INDEX call_evidence_import ON call_evidence (import_id);

CREATE TABLE call_before_images (
    revaluation_id bigint NOT NULL,
    call_id bigint NOT NULL,
    started_at timestamptz NOT NULL,
    before jsonb NOT NULL,
    PRIMARY KEY (revaluation_id, call_id)
);

-- Append-only: hours (UTC) whose rollups no longer agree with the calls.
CREATE TABLE stale_hours (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hour timestamptz NOT NULL
);

CREATE SCHEMA staging;
