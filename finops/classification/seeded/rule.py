"""The shape of a rule that comes with Costline, and what several of them ask for."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

AI: Final = "AI and Machine Learning"
TRAINING: Final = "*training*|*finetun*|*fine-tun*|*fine tun*|*customiz*|*distill*"
CAPACITY: Final = "*provisioned*|*PTU*|*modelunit*|*model unit*|*scale tier*|*reserved tier*"


class Seeded(NamedTuple):
    """A rule of the seed: what it is called, what it says, and what it asks for."""

    name: str
    kind: str
    provider: str = ""
    service_provider: str = ""
    service_name: str = ""
    service_category: str = ""
    sku_meter: str = ""
    resource: str = ""
    description: str = ""
    unit: str = ""
    model_from: str = ""
    token_kind: str = ""
    tokens_per_unit: Decimal | None = None
