"""Pages of watched products and of the stores they are sold in."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.kit.text import N_
from entrepot.pricewatch.watching.pages.adding import AddPages
from entrepot.pricewatch.watching.pages.attention import AttentionPages
from entrepot.pricewatch.watching.pages.groups import GroupPages
from entrepot.pricewatch.watching.pages.listings import ListingPages
from entrepot.pricewatch.watching.pages.products import ProductPages
from entrepot.pricewatch.watching.pages.stores import StorePages

ROUTES = [ProductPages, AddPages, ListingPages, AttentionPages, StorePages, GroupPages]
NAV = [
    NavItem(
        section="prices",
        label=N_("Watched products"),
        url="/prices/products",
        icon="eye",
        right=Right.PRICEWATCH_READ,
        order=20,
    ),
    NavItem(
        section="prices",
        label=N_("Pages to look at"),
        url="/prices/attention",
        icon="alert-triangle",
        right=Right.PRICEWATCH_READ,
        order=30,
    ),
    NavItem(
        section="prices",
        label=N_("Stores"),
        url="/prices/stores",
        icon="building-store",
        right=Right.PRICEWATCH_READ,
        order=40,
    ),
]
