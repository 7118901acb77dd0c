"""The shapes of the API's answers, for its OpenAPI description. Money is a decimal string."""

from __future__ import annotations

from rest_framework import serializers


class MeasuresSerializer(serializers.Serializer[object]):
    """Sums over a group of calls."""

    cost = serializers.CharField(allow_null=True, help_text="decimal; null when all are unpriced")
    calls = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    cache_read_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    cache_write_1h_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    unpriced_calls = serializers.IntegerField()


class CostRowSerializer(MeasuresSerializer):
    """A group: its dimensions by name, its period, its sums."""

    period = serializers.CharField(required=False)


class CostByBasisSerializer(serializers.Serializer[object]):
    """Where the counted cost came from."""

    computed = serializers.CharField()
    reported = serializers.CharField()


class TotalSerializer(MeasuresSerializer):
    """The sum of all rows."""

    cost_by_basis = CostByBasisSerializer()


class CostsSerializer(serializers.Serializer[object]):
    """An answer about cost."""

    currency = serializers.CharField()
    basis = serializers.CharField()
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField(allow_null=True)
    grain = serializers.CharField()
    rows = CostRowSerializer(many=True)
    total = TotalSerializer()
    complete_to = serializers.DateTimeField(allow_null=True)


class RunSerializer(serializers.Serializer[object]):
    """A run: ``cost`` is the workflow's part, ``run_cost`` the whole."""

    run = serializers.CharField()
    url_id = serializers.CharField()
    started = serializers.DateTimeField()
    cost = serializers.CharField(allow_null=True)
    run_cost = serializers.CharField(allow_null=True)
    calls = serializers.IntegerField()
    steps = serializers.IntegerField()
    failed_calls = serializers.IntegerField()
    repeated_steps = serializers.IntegerField()
    cost_of_failed = serializers.CharField()


class RunsSerializer(serializers.Serializer[object]):
    """Runs of a workflow, and percentiles of its cost per run (within 1 %)."""

    runs = RunSerializer(many=True)
    cost_percentiles = serializers.DictField(child=serializers.CharField())


class RunCallSerializer(serializers.Serializer[object]):
    """A call of a run."""

    id = serializers.CharField()
    call = serializers.IntegerField()
    started = serializers.DateTimeField()
    step = serializers.CharField(allow_null=True)
    parent = serializers.CharField(allow_null=True)
    attempt = serializers.IntegerField()
    workflow = serializers.CharField(allow_null=True)
    provider = serializers.CharField()
    model = serializers.CharField()
    cost = serializers.CharField(allow_null=True)
    running_total = serializers.CharField()
    status = serializers.CharField()
    error = serializers.CharField(allow_null=True)
    latency_ms = serializers.FloatField(allow_null=True)
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    unpriced_reason = serializers.CharField(allow_null=True)


class RunDetailSerializer(serializers.Serializer[object]):
    """A whole run with its calls."""

    run = serializers.CharField()
    url_id = serializers.CharField()
    source = serializers.CharField()
    started = serializers.DateTimeField()
    cost = serializers.CharField(allow_null=True)
    run_cost = serializers.CharField(allow_null=True)
    steps = serializers.IntegerField()
    failed_calls = serializers.IntegerField()
    repeated_steps = serializers.IntegerField()
    cost_of_failed = serializers.CharField()
    calls = RunCallSerializer(many=True)


class CallSerializer(serializers.Serializer[object]):
    """A call in the native format; unknown fields become tags."""

    id = serializers.CharField(required=False)
    response_id = serializers.CharField(required=False)
    time = serializers.CharField(help_text="RFC 3339 with a zone, or epoch seconds")
    provider = serializers.CharField()
    model = serializers.CharField()
    input_tokens = serializers.IntegerField(required=False, help_text="the whole prompt")
    cache_read_tokens = serializers.IntegerField(required=False)
    cache_write_tokens = serializers.IntegerField(required=False, help_text="5-minute writes")
    cache_write_1h_tokens = serializers.IntegerField(required=False)
    output_tokens = serializers.IntegerField(required=False, help_text="the whole output")
    reasoning_tokens = serializers.IntegerField(required=False)
    input_audio_tokens = serializers.IntegerField(required=False)
    output_audio_tokens = serializers.IntegerField(required=False)
    input_image_tokens = serializers.IntegerField(required=False)
    requests = serializers.IntegerField(required=False)
    processing = serializers.ChoiceField(
        ("standard", "batch", "flex", "priority"), required=False
    )
    region = serializers.CharField(required=False)
    cost = serializers.CharField(required=False, help_text="what the source says it cost")
    currency = serializers.CharField(required=False)
    status = serializers.ChoiceField(
        ("ok", "error", "timeout", "cancelled", "cached"), required=False
    )
    error = serializers.CharField(required=False)
    latency_ms = serializers.FloatField(required=False)
    feature = serializers.CharField(required=False)
    team = serializers.CharField(required=False)
    customer = serializers.CharField(required=False)
    user = serializers.CharField(required=False)
    workflow = serializers.CharField(required=False)
    environment = serializers.CharField(required=False)
    run = serializers.CharField(required=False)
    step = serializers.CharField(required=False)
    parent = serializers.CharField(required=False)
    attempt = serializers.IntegerField(required=False)
    tags = serializers.DictField(child=serializers.CharField(), required=False)


class PushSerializer(serializers.Serializer[object]):
    """A push: this object, or the bare list."""

    calls = CallSerializer(many=True)


class RejectedCallSerializer(serializers.Serializer[object]):
    """A call that was not stored."""

    index = serializers.IntegerField()
    reason = serializers.CharField()


class PushedSerializer(serializers.Serializer[object]):
    """What became of a push."""

    locals()["import"] = serializers.IntegerField()
    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    superseded = serializers.IntegerField()
    rejected = RejectedCallSerializer(many=True)
