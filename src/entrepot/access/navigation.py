"""What the side navigation and the command palette offer."""

from dataclasses import dataclass

from entrepot.access.rights import Right
from entrepot.kit.text import N_

SECTIONS = {
    "sell": N_("Sell"),
    "prices": N_("Prices"),
    "stock": N_("Stock"),
    "floor": N_("Ship"),
    "run": N_("Run"),
}
"""Key -> heading, in their order."""
PAGING = frozenset({"cursor", "trail"})
"""Parameters of a list's address that say which page of it: where the page begins, and where those before it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One entry.  A slice lists its own as ``NAV`` in its ``pages.py``."""

    section: str
    label: str
    url: str
    icon: str
    """Name of a Tabler icon."""
    right: Right | None = None
    shortcut: str = ""
    """Key after ``g``."""
    order: int = 50
