"""REST API v1 of offers, of finding their products, and of the stock of channel accounts."""

from entrepot.offers.api.accounts import AccountStockApi
from entrepot.offers.api.matching import MatchingApi
from entrepot.offers.api.offers import OfferApi

ROUTES = [OfferApi, MatchingApi, AccountStockApi]
