"""What an installation makes of LiteLLM's conventions before anybody touches a rule."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from finops.attribution.queries import LITELLM_DEFAULTS, add_default_rules, rules
from ingest.pipeline import queue_import, run_import

pytestmark = pytest.mark.usefixtures("ledger")

PAYLOAD: dict[str, Any] = {
    "id": "chatcmpl-1",
    "call_type": "acompletion",
    "status": "success",
    "custom_llm_provider": "openai",
    "model": "gpt-4o",
    "startTime": 1793959200.0,
    "endTime": 1793959201.5,
    "prompt_tokens": 10,
    "completion_tokens": 20,
    "response_cost": 0.000225,
    "request_tags": [],
    "metadata": {},
}


def attributed(tmp_path: Path, **fields: Any) -> dict[str, Any]:
    path = tmp_path / "payload.jsonl"
    path.write_text(json.dumps(PAYLOAD | fields) + "\n")
    job = run_import(queue_import(str(path), {}, now=datetime.now(UTC)))
    assert (job.format, job.status) == ("litellm", "done")
    with connection.cursor() as cursor:
        cursor.execute("SELECT feature, team, customer, end_user, run, attributed_by FROM calls")
        names = ("feature", "team", "customer", "user", "run", "attributed_by")
        return dict(zip(names, cursor.fetchone(), strict=True))


def test_request_tags_end_user_key_user_team_and_session_become_dimensions(tmp_path: Path) -> None:
    call = attributed(
        tmp_path,
        request_tags=["feature:reply-draft", "loud"],
        end_user="cust-042",
        session_id="conv-77",
        trace_id="tr-9",
        metadata={"user_api_key_team_alias": "Support", "user_api_key_user_id": "u-5"},
    )

    assert {name: call[name] for name in ("feature", "team", "customer", "user", "run")} == {
        "feature": "reply-draft",
        "team": "Support",
        "customer": "cust-042",
        "user": "u-5",
        "run": "conv-77",
    }


def test_the_team_id_stands_in_for_a_missing_alias_and_the_trace_for_a_session(
    tmp_path: Path,
) -> None:
    call = attributed(tmp_path, trace_id="tr-9", metadata={"user_api_key_team_id": "t-1"})

    assert (call["team"], call["run"]) == ("t-1", "tr-9")


def test_a_request_tag_comes_before_the_team_of_the_key(tmp_path: Path) -> None:
    call = attributed(
        tmp_path, request_tags=["team:growth"], metadata={"user_api_key_team_alias": "Support"}
    )

    assert call["team"] == "growth"


def test_metadata_named_like_a_dimension_is_used(tmp_path: Path) -> None:
    call = attributed(
        tmp_path,
        metadata={
            "spend_logs_metadata": {"feature": "search"},
            "requester_metadata": {"customer": "acme"},
        },
    )

    assert (call["feature"], call["customer"]) == ("search", "acme")


def test_the_deciding_rule_is_recorded_on_the_row(tmp_path: Path) -> None:
    call = attributed(tmp_path, end_user="cust-042")
    by_id = {rule.id: rule for rule in rules()}

    assert by_id[json.loads(call["attributed_by"])["customer"]].tag == "litellm.end_user"


def test_defaults_are_added_once_and_never_over_peoples_rules() -> None:
    assert len(rules()) == len(LITELLM_DEFAULTS)
    assert add_default_rules() == 0
