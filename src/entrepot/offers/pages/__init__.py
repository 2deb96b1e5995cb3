"""Pages of offers: what the channels say of our stock, and why."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.kit.text import N_
from entrepot.offers.pages.accounts import AccountPages
from entrepot.offers.pages.held import HeldPages
from entrepot.offers.pages.matching import MatchingPages
from entrepot.offers.pages.offers import OfferPages
from entrepot.offers.prices import pages as prices

ROUTES = [OfferPages, MatchingPages, AccountPages, HeldPages, *prices.ROUTES]
NAV = [
    *prices.NAV,
    NavItem(
        section="sell",
        label=N_("Offers"),
        url="/offers",
        icon="building-store",
        right=Right.OFFERS_READ,
        shortcut="f",
        order=40,
    ),
    NavItem(
        section="stock",
        label=N_("With channels"),
        url="/held-stock",
        icon="building-warehouse",
        right=Right.OFFERS_READ,
        order=80,
    ),
]
