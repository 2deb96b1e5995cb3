"""bol's words about competing offers, who makes them, ranks, price stars and commissions."""

from datetime import date
from decimal import Decimal
from typing import Literal

from entrepot.channels.contract_market import (
    Commission,
    CommissionReduction,
    CompetingOffer,
    Competitor,
    PriceStar,
    ProductRank,
    RankKind,
)
from entrepot.connectors.bol.wire import CURRENCY, FULFILMENT, Wire


class Competing(Wire, frozen=True):
    """An offer of anyone's."""

    offer_id: str
    retailer_id: str
    country_code: str
    price: Decimal
    best_offer: bool = False
    fulfilment_method: Literal["FBR", "FBB"] = "FBR"
    condition: str | None = None
    min_delivery_date: date | None = None
    max_delivery_date: date | None = None

    def translate(self) -> CompetingOffer:
        return CompetingOffer(
            channel_offer_id=self.offer_id,
            competitor=self.retailer_id,
            country=self.country_code,
            price=self.price,
            currency=CURRENCY,
            best=self.best_offer,
            fulfilment=FULFILMENT[self.fulfilment_method],
            condition=(self.condition or "").lower(),
            deliver_from=self.min_delivery_date,
            deliver_by=self.max_delivery_date,
        )


class CompetingOffers(Wire, frozen=True):
    """``GET /retailer/products/{ean}/offers``."""

    offers: tuple[Competing, ...] = ()


class Rank(Wire, frozen=True):
    """Where a product stood."""

    rank: int
    impressions: int = 0
    was_sponsored: bool = False
    search_term: str | None = None
    category_id: str | None = None

    def translate(self, kind: RankKind) -> ProductRank:
        return ProductRank(
            kind=kind,
            where=(self.search_term if kind is RankKind.SEARCH else self.category_id) or "",
            rank=self.rank,
            impressions=self.impressions,
            sponsored=self.was_sponsored,
        )


class Ranks(Wire, frozen=True):
    """``GET /retailer/insights/product-ranks``."""

    ranks: tuple[Rank, ...] = ()
    has_next_page: bool = False


class Reduction(Wire, frozen=True):
    """A time in which bol keeps less."""

    maximum_price: Decimal
    cost_reduction: Decimal
    start_date: date
    end_date: date


class WireCommission(Wire, frozen=True):
    """What bol keeps of a sale."""

    ean: str
    unit_price: Decimal
    fixed_amount: Decimal = Decimal(0)
    percentage: Decimal = Decimal(0)
    total_cost: Decimal = Decimal(0)
    total_cost_without_reduction: Decimal | None = None
    reductions: tuple[Reduction, ...] = ()

    def translate(self) -> Commission:
        return Commission(
            gtin=self.ean,
            price=self.unit_price,
            currency=CURRENCY,
            fixed=self.fixed_amount,
            percentage=self.percentage,
            total=self.total_cost,
            total_without_reduction=self.total_cost_without_reduction,
            reductions=tuple(
                CommissionReduction(
                    maximum_price=one.maximum_price,
                    reduction=one.cost_reduction,
                    begins=one.start_date,
                    ends=one.end_date,
                )
                for one in self.reductions
            ),
        )


class Commissions(Wire, frozen=True):
    """``POST /retailer/commission``."""

    commissions: tuple[WireCommission, ...] = ()


class Star(Wire, frozen=True):
    """Up to which price there are so many stars."""

    level: int
    boundary_price: Decimal

    def translate(self) -> PriceStar:
        return PriceStar(level=self.level, maximum_price=self.boundary_price, currency=CURRENCY)


class Stars(Wire, frozen=True):
    """``GET /retailer/products/{ean}/price-star-boundaries``."""

    price_star_boundary_levels: tuple[Star, ...] = ()


class Rating(Wire, frozen=True):
    """What buyers think of somebody, from 1 to 10."""

    retailer_rating: Decimal | None = None


class Retailer(Wire, frozen=True):
    """``GET /retailer/retailers/{retailer-id}``, of which names of companies and their numbers are not taken over."""

    retailer_id: str
    display_name: str = ""
    retailer_rating: Rating | None = None

    def translate(self) -> Competitor:
        return Competitor(
            number=self.retailer_id,
            name=self.display_name,
            rating=self.retailer_rating.retailer_rating if self.retailer_rating else None,
        )
