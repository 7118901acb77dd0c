"""What people and models said to each other: recognised by key, and never kept.

Costline counts calls; it has no use for prompts and answers and every reason not to hold them.
This is the one place that knows which keys carry such text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

#: How much of a rejected row is kept, in bytes.
RAW_LIMIT: Final = 2048

#: Deeper values than this are not looked into.
MAX_DEPTH: Final = 64

_CONTENT_WORDS: Final = """
prompt prompts systemprompt userprompt prompttext promptmessages
message messages usermessage assistantmessage systemmessage inputmessages outputmessages
input inputs inputtext inputbody inputbodyjson inputcontent
output outputs outputtext outputbody outputbodyjson outputcontent
response responses responsetext responsebody responsecontent rawresponse
requestbody requestcontent rawrequest proxyserverrequest
completion completions completiontext choices answer question query
content contents text texts body instructions systeminstruction systeminstructions
thinking reasoningcontent reasoningtext transcript toolcalls toolinput tooloutput arguments
"""
#: Keys in lower case without ``_``, ``-`` and blanks, so that input_text equals inputText.
CONTENT_KEYS: Final = frozenset(_CONTENT_WORDS.split())
#: Under these every part is content, whatever it is called (llm.input_messages.0.message.role).
_CONTENT_BRANCHES: Final = frozenset(
    ("inputmessages", "outputmessages", "messages", "prompt", "prompts", "completion", "choices")
)
#: Keys, hashes of keys and addresses: no content, but no business of a usage ledger either.
_SECRET_KEY: Final = re.compile(
    r"(^|_)hash$|api_?key$|(^|_)token$|secret|password|ip_address|^authorization$"
)
_IGNORED_IN_KEYS: Final = str.maketrans("", "", "_- ")
#: A key in JSON, in JSON inside a JSON text, or in what Python prints.
_KEY: Final = re.compile(r"""\\*["']([^"'\\]{1,128})\\*["']\s*:""")


@lru_cache(maxsize=8192)
def is_content_key(key: str) -> bool:
    """Say whether a field (or dotted attribute, such as ``gen_ai.prompt.0.content``) is content."""
    normal = key.strip().lower().translate(_IGNORED_IN_KEYS)
    if normal in CONTENT_KEYS:
        return True
    parts = [part for part in normal.split(".") if part and not part.isdigit()]
    if len(parts) < 2:
        return bool(parts) and parts[0] in CONTENT_KEYS
    if parts[-1] in CONTENT_KEYS or not _CONTENT_BRANCHES.isdisjoint(parts):
        return True
    return parts[-1] == "value" and parts[-2] in CONTENT_KEYS


@lru_cache(maxsize=8192)
def is_secret_key(key: str) -> bool:
    """Say whether a field holds a key, a hash of one, or a network address."""
    return _SECRET_KEY.search(key.strip().lower()) is not None


def is_storable_key(key: str) -> bool:
    """Say whether what stands under this key may be kept: neither content nor secret."""
    return not is_content_key(key) and not is_secret_key(key)


def without_content(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Copy a decoded JSON value without content (and secret) fields, at any depth.

    Raises RecursionError beyond ``depth``, wherever the interpreter's own limit stands.
    """
    if depth == 0:
        raise RecursionError("nested too deeply")
    if isinstance(value, Mapping):
        kept = ((key, part) for key, part in value.items() if is_storable_key(str(key)))
        return {key: without_content(part, depth - 1) for key, part in kept}
    if isinstance(value, list):
        return [without_content(element, depth - 1) for element in value]
    return value


def excerpt(raw: bytes, fields: Mapping[str, str] | None = None) -> str:
    """Give the part of a rejected row that may be stored: no content, at most 2 kB, no NUL.

    A row that cannot be parsed is cut before the first key that would hold content.
    """
    if fields is not None:
        text = msgspec.json.encode(without_content(fields)).decode()
    else:
        text = _json_excerpt(raw)
    # Texts may themselves hold JSON with content (spend logs do), so the result is searched too.
    text = _before_content(text[: 4 * RAW_LIMIT]).replace("\x00", "")
    return text.encode("utf-8", "replace")[:RAW_LIMIT].decode("utf-8", "ignore").strip()


def _json_excerpt(raw: bytes) -> str:
    try:
        value = msgspec.json.decode(raw)
        if not isinstance(value, dict | list):
            return raw.decode()
        kept = without_content(value)
        return raw.decode() if kept == value else msgspec.json.encode(kept).decode()
    except (ValueError, RecursionError):
        return raw[: 4 * RAW_LIMIT].decode("utf-8", "replace")


def _before_content(text: str) -> str:
    for match in _KEY.finditer(text):
        if not is_storable_key(match[1]):
            return text[: match.start()] + "…"
    return text
