"""The first page: how do we stand, where does it go, what moved, who promised what?"""

from __future__ import annotations

from finops.web.overview.page import overview_page

__all__ = ["overview_page"]
