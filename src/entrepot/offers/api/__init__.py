"""REST API v1 of offers, of finding their products, of the stock of channel accounts, and of prices."""

from entrepot.offers.api.accounts import AccountStockApi
from entrepot.offers.api.matching import MatchingApi
from entrepot.offers.api.offers import OfferApi
from entrepot.offers.prices import api as prices

ROUTES = [OfferApi, MatchingApi, AccountStockApi, *prices.ROUTES]
