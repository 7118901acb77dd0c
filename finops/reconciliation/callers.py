"""Which tags of a call say with what key, and under which account, it was made.

Bills name a credential (``credential_id``, else ``principal_id``) and a sub-account. Calls have no
such fields: their sources put them into tags. The tags below are looked at in order; one whose
value the bill knows goes before the others, so that an alias beside an id does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from psycopg import sql

#: Tags that name a key, or whoever holds it.
CREDENTIAL_TAGS: Final = (
    "credential_id",
    "credential",
    "api_key_id",
    "api_key",
    "litellm.api_key",
    "litellm.key_alias",
    "key_alias",
    "virtual_key",
    "principal_id",
    "principal",
    "iam_principal",
)
#: Tags that name a project, workspace, subscription or account.
ACCOUNT_TAGS: Final = (
    "sub_account_id",
    "sub_account",
    "project_id",
    "litellm.project_id",
    "project",
    "workspace_id",
    "workspace",
    "account_id",
    "account",
    "subscription_id",
)

_NAMELESS: Final = sql.SQL("''")
_TAG: Final = sql.SQL("tags ->> {}")


def named_by(tags: Sequence[str], billed: Sequence[str]) -> sql.Composable:
    """Compose the name that a call's tags give, an empty one for none.

    Nobody reads the tags of calls when the bill has no names to compare them with.
    """
    if not billed:
        return _NAMELESS
    each = [_TAG.format(sql.Literal(tag)) for tag in tags]
    known = [
        sql.SQL("CASE WHEN {tag} = ANY ({billed}) THEN {tag} END").format(
            tag=tag, billed=sql.Literal(list(billed))
        )
        for tag in each
    ]
    listed = sql.SQL(", ").join([*known, *each])
    return sql.SQL("CASE WHEN tags IS NULL THEN '' ELSE left(coalesce({}, ''), 500) END").format(
        listed
    )
