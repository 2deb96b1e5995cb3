"""REST API v1 of watched products, their listings and their stores."""

from entrepot.pricewatch.watching.api.groups import GroupApi
from entrepot.pricewatch.watching.api.listings import ListingApi, ObservationApi
from entrepot.pricewatch.watching.api.products import WatchedProductApi
from entrepot.pricewatch.watching.api.stores import StoreApi

ROUTES = [WatchedProductApi, ListingApi, ObservationApi, StoreApi, GroupApi]
