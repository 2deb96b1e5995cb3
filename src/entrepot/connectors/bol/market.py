"""What others ask on bol, how our products rank, and what bol keeps."""

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

from entrepot.channels.client import Operation
from entrepot.channels.contract_market import (
    Commission,
    CommissionQuery,
    CompetingOffer,
    Competitor,
    PriceStar,
    ProductRank,
    RankKind,
)
from entrepot.channels.errors import ChannelThingMissingError
from entrepot.connectors.bol import wire_market as wire
from entrepot.connectors.bol.gate import ITEMS_PER_PAGE, BolGate

COMPETING = Operation(name="competing-offers")
RANKS = Operation(name="product-ranks")
COMMISSION = Operation(name="commission")
STARS = Operation(name="price-star-boundaries")
RETAILER = Operation(name="retailer")
COMMISSIONS_AT_ONCE = 100
MOST_PAGES = 200
"""bol gives no more."""


class BolMarket(BolGate):
    """The market around an account."""

    async def competing_offers(self, gtin: str, *, country: str = "") -> list[CompetingOffer]:
        found: dict[tuple[str, str], CompetingOffer] = {}
        for page in range(1, MOST_PAGES + 1):
            params: dict[str, str | int] = {"page": page, "condition": "NEW"}
            if country:
                params["country-code"] = country
            listed = await self._read(
                COMPETING,
                f"/retailer/products/{quote(gtin, safe='')}/offers",
                wire.CompetingOffers,
                subject=gtin,
                params=params,
            )
            found |= {(offer.offer_id, offer.country_code): offer.translate() for offer in listed.offers}
            if len(listed.offers) < ITEMS_PER_PAGE:
                break
        return list(found.values())

    async def product_ranks(self, gtin: str, day: date, kind: RankKind) -> list[ProductRank]:
        found: list[ProductRank] = []
        for page in range(1, MOST_PAGES + 1):
            params: dict[str, str | int] = {"ean": gtin, "date": day.isoformat(), "type": kind.upper(), "page": page}
            listed = await self._read(
                RANKS, "/retailer/insights/product-ranks", wire.Ranks, subject=gtin, params=params
            )
            found += [rank.translate(kind) for rank in listed.ranks]
            if not listed.has_next_page or not listed.ranks:
                break
        return found

    async def commissions(self, queries: Sequence[CommissionQuery]) -> list[Commission]:
        """Ask for a hundred at a time."""
        found: list[Commission] = []
        for start in range(0, len(queries), COMMISSIONS_AT_ONCE):
            asked = [
                {"ean": query.gtin, "condition": "NEW", "unitPrice": query.price}
                for query in queries[start : start + COMMISSIONS_AT_ONCE]
            ]
            answer = await self._send(COMMISSION, "POST", "/retailer/commission", {"commissionQueries": asked})
            listed = self._client.decode(answer.content or b"null", wire.Commissions)
            found += [commission.translate() for commission in listed.commissions]
        return found

    async def price_stars(self, gtin: str) -> list[PriceStar]:
        path = f"/retailer/products/{quote(gtin, safe='')}/price-star-boundaries"
        try:
            found = await self._read(STARS, path, wire.Stars, subject=gtin)
        except ChannelThingMissingError:
            return []
        return sorted((one.translate() for one in found.price_star_boundary_levels), key=lambda one: -one.level)

    async def competitor(self, number: str) -> Competitor | None:
        path = f"/retailer/retailers/{quote(number, safe='')}"
        try:
            return (await self._read(RETAILER, path, wire.Retailer, subject=number)).translate()
        except ChannelThingMissingError:
            return None
