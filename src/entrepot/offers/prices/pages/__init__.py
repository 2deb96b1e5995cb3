"""Pages of prices."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.kit.text import N_
from entrepot.offers.prices.pages.edits import PriceEditPages
from entrepot.offers.prices.pages.lists import PriceListPages
from entrepot.offers.prices.pages.planned import PlannedPages
from entrepot.offers.prices.pages.prices import PricePages

ROUTES = [PricePages, PriceEditPages, PriceListPages, PlannedPages]
NAV = [
    NavItem(
        section="prices",
        label=N_("Prices of offers"),
        url="/offers/prices",
        icon="tag",
        right=Right.OFFERS_READ,
        order=10,
    ),
]
