{create} {table} (
    context integer NOT NULL,
    provider text NOT NULL,
    provider_given text,
    model text NOT NULL,
    model_given text,
    region text,
    processing text NOT NULL,
    currency text,
    environment text,
    feature text,
    team text,
    workflow text,
    attributed_by jsonb
) {at_commit}
