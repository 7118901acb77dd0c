"""How busy each hour of a day (UTC) is, as weights."""

from __future__ import annotations

from typing import Final

#: Weight of each hour of a working day (UTC); weekends keep a fifth of office hours.
OFFICE: Final = (
    2,
    2,
    2,
    2,
    3,
    6,
    14,
    34,
    62,
    84,
    92,
    88,
    70,
    84,
    94,
    92,
    82,
    60,
    38,
    24,
    14,
    8,
    5,
    3,
)
EVENING: Final = (
    20,
    14,
    9,
    6,
    5,
    6,
    10,
    18,
    28,
    36,
    42,
    48,
    54,
    52,
    50,
    54,
    62,
    74,
    88,
    96,
    98,
    84,
    56,
    34,
)
NIGHT: Final = (60, 90, 98, 92, 70, 30, 10, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 6, 8, 12, 18, 26, 40)
