"""Pages of printing."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.kit.text import N_
from entrepot.printing.pages import queue, rules, workstations

ROUTES = [*queue.ROUTES, *workstations.ROUTES, *rules.ROUTES]
NAV = [
    NavItem(section="floor", label=N_("Printing"), url="/printing", icon="printer", right=Right.PRINTING_READ, order=80)
]
