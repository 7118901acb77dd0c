"""What FOCUS says of models and callers, in whichever words of the drafts.

The names changed several times in 2026 (TokenType became TokenDirection and TokenCacheAction,
CredentialDetails became RequesterDetails), so they are read by aliases; the words of the newest
draft are what charges hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ingest.billing_fields import column_key, flat_tags, json_of
from ingest.source_format import MAX_NAME

#: Keys of SkuPriceDetails by their letters, in any of the drafts' spellings.
_KEYS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("modelid", "xmodelid", "modelname", "aimodelid"), "ModelId"),
    **dict.fromkeys(("modelfamily", "xmodelfamily"), "ModelFamily"),
    **dict.fromkeys(("modelversion", "xmodelversion"), "ModelVersion"),
    **dict.fromkeys(("modeldeveloper", "modelprovider", "xmodeldeveloper"), "ModelDeveloper"),
    **dict.fromkeys(("tokendirection", "xtokendirection"), "TokenDirection"),
    **dict.fromkeys(("tokencacheaction", "cacheaction", "xtokencacheaction"), "TokenCacheAction"),
    **dict.fromkeys(("tokentype", "xtokentype"), "TokenType"),
}
#: What the older TokenType says in the newer words: direction and, for the cache, its action.
_TOKEN_TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "input": ("Input", ""),
    "output": ("Output", ""),
    "cacheread": ("Input", "Read"),
    "cachedinput": ("Input", "Read"),
    "cachewrite": ("Input", "Write"),
}


def details(text: str) -> dict[str, str] | None:
    """Read SkuPriceDetails as flat texts, with the keys of the newest draft."""
    found = flat_tags(text)
    if found:
        _rename(found)
    return found


def _rename(found: dict[str, str]) -> None:
    for key in list(found):
        known = _KEYS.get(column_key(key))
        if known and known != key:
            found.setdefault(known, found.pop(key))
    direction, action = _TOKEN_TYPES.get(column_key(found.get("TokenType", "")), ("", ""))
    if direction:
        found.setdefault("TokenDirection", direction)
    if action:
        found.setdefault("TokenCacheAction", action)


class Requester(NamedTuple):
    """Who called, and with which credential, as far as the details say."""

    principal_id: str | None = None
    credential_id: str | None = None


#: Columns that tell of callers, and what they tell of where they do not say so themselves.
REQUESTER_COLUMNS: Final[Mapping[str, str]] = {
    "RequesterDetails": "",
    "PrincipalDetails": "principal",
    "CredentialDetails": "credential",
}
#: What identifies a caller, best first.
_IDS: Final = ("id", "principalid", "credentialid", "email", "name")


def requester(text: str, about: str) -> Requester:
    """Read a column that is ``about`` a principal or a credential, or that says which itself."""
    value = json_of(text)
    if about:
        return Requester(**{f"{about}_id": _identity(value)})
    parts = dict(_parts(value))
    return Requester(_identity(parts.get("principal")), _identity(parts.get("credential")))


def _parts(value: Any) -> list[tuple[str, Any]]:
    """Give the parts of an object, or of the array of keys and values that the draft writes."""
    if isinstance(value, list):
        pairs = [
            {column_key(key): part for key, part in element.items()}
            for element in value
            if isinstance(element, Mapping)
        ]
        return [(column_key(str(pair.get("key", ""))), pair.get("value")) for pair in pairs]
    if isinstance(value, Mapping):
        return [(column_key(key), part) for key, part in value.items()]
    return []


def _identity(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip()[:MAX_NAME] or None
    found = dict(_parts(value))
    texts = (found.get(key) for key in _IDS)
    return next((text.strip()[:MAX_NAME] for text in texts if text and isinstance(text, str)), None)
