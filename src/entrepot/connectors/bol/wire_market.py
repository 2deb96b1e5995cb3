"""bol's words about competing offers, ranks and commissions."""

from datetime import date
from decimal import Decimal
from typing import Literal

from entrepot.channels.contract_market import Commission, CommissionReduction, CompetingOffer, ProductRank, RankKind
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
