"""REST API v1 of prices."""

from entrepot.offers.prices.api.edits import PriceEditApi
from entrepot.offers.prices.api.lists import PriceListApi
from entrepot.offers.prices.api.planned import PlannedPriceApi
from entrepot.offers.prices.api.prices import OfferPriceApi

ROUTES = [OfferPriceApi, PlannedPriceApi, PriceListApi, PriceEditApi]
