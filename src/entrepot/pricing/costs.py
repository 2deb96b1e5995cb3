"""What goods cost and must bring: entered, imported, and put together for a decision."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.money import CURRENCIES
from entrepot.kit.text import N_
from entrepot.pricing.costs_repository import AMOUNTS, PERCENTS, CommissionRow, CostRepository, CostRow, CostView
from entrepot.pricing.domain.facts import Commission, Costs, Known, Reduction
from entrepot.pricing.errors import CostNotFoundError
from entrepot.pricing.events import CostsChanged

VAT: dict[str, dict[str, Decimal | int]] = {
    "NL": {"standard": 21, "reduced": 9, "second_reduced": 9},
    "BE": {"standard": 21, "reduced": 12, "second_reduced": 6},
    "DE": {"standard": 19, "reduced": 7, "second_reduced": 7},
    "FR": {"standard": 20, "reduced": 10, "second_reduced": Decimal("5.5")},
    "AT": {"standard": 20, "reduced": 13, "second_reduced": 10},
    "LU": {"standard": 17, "reduced": 14, "second_reduced": 8},
    "ES": {"standard": 21, "reduced": 10, "second_reduced": 4},
    "IT": {"standard": 22, "reduced": 10, "second_reduced": 5},
    "PL": {"standard": 23, "reduced": 8, "second_reduced": 5},
}
"""In percent, by the seller's country and the product's VAT class; zero and exempt are 0 everywhere.

https://europa.eu/youreurope/business/taxation/vat/vat-rules-rates/ (rates of 2026)
"""
NO_VAT = frozenset({"zero", "exempt"})
GOODS = frozenset({"purchase", "landed"})
"""Two ways to say what the goods cost: where one is said in another currency, a wider row's other one is no answer."""
MOST_EVENT = 500
"""Products named in one event; with more, everything of the seller is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """What an offer's costs are looked up by."""

    seller_id: UUID
    account_id: UUID
    product_id: UUID | None
    gtin: str
    currency: str
    country: str
    vat_class: str
    purchase_price: Decimal | None
    purchase_currency: str
    item_price: Decimal | None
    item_currency: str


@dataclass(slots=True)
class CostBook:
    """Everything said of some goods, looked up by account and product."""

    rows: dict[tuple[UUID, UUID | None, UUID | None], CostRow] = field(default_factory=dict)
    commissions: dict[tuple[UUID, str], CommissionRow] = field(default_factory=dict)
    supplier: dict[tuple[UUID, str], Known] = field(default_factory=dict)
    """The last price seen at a watched supplier, by product and currency; one in another currency is no cost."""

    def costs(self, goods: Goods) -> Costs:
        """Return what is known of one offer's costs."""
        values, unknown = self._values(goods)
        purchase = values.get("purchase")
        if (
            purchase is None
            and "purchase" not in unknown
            and goods.purchase_price is not None
            and goods.purchase_currency == goods.currency
        ):
            purchase = Known(goods.purchase_price, N_("product"))
        item = None
        if goods.item_price is not None and goods.item_currency == goods.currency:
            item = Known(goods.item_price, N_("product"))
        return Costs(
            purchase_price=purchase,
            landed_cost=values.get("landed"),
            supplier_price=self.supplier.get((goods.product_id, goods.currency)) if goods.product_id else None,
            shipping=values.get("shipping"),
            packaging=values.get("packaging"),
            vat=values.get("vat_percent") or usual_vat(goods),
            commission=self._commission(goods, values),
            item_price=item,
            map=values.get("minimum_price"),
            least_margin=values.get("margin"),
            least_margin_percent=values.get("margin_percent"),
        )

    def margins(self, goods: Goods) -> tuple[bool, bool]:
        """Return whether a sale must leave an amount, known or not, and a percentage."""
        values, unknown = self._values(goods)
        amount, percent = values.get("margin"), values.get("margin_percent")
        return "margin" in unknown or bool(amount and amount.value), bool(percent and percent.value)

    def _values(self, goods: Goods) -> tuple[dict[str, Known], set[str]]:
        """Return what is said, and what is said in another currency: that is unknown, whatever wider rows say."""
        found: dict[str, Known] = {}
        unknown: set[str] = set()
        for product_id, account_id, source in (
            (goods.product_id, goods.account_id, N_("product on this account")),
            (goods.product_id, None, N_("costs of the product")),
            (None, goods.account_id, N_("default of the account")),
            (None, None, N_("default of the seller")),
        ):
            row = self.rows.get((goods.seller_id, product_id, account_id))
            if row is None:
                continue
            said = {name: value for name in AMOUNTS if (value := getattr(row, name)) is not None}
            strange = set() if row.currency == goods.currency else said.keys() - PERCENTS - found.keys()
            for name, value in said.items():
                if name not in strange and name not in found and name not in unknown:
                    found[name] = Known(value, source, row.updated_at)
            unknown |= strange
            if strange & GOODS and not found.keys() & GOODS:
                unknown |= GOODS
        return found, unknown

    def _commission(self, goods: Goods, values: Mapping[str, Known]) -> Commission | None:
        row = self.commissions.get((goods.account_id, goods.gtin))
        if row is not None and row.currency == goods.currency:
            reductions = tuple(msgspec.convert(one, Reduction) for one in row.reductions)
            return Commission(
                fixed=row.fixed,
                percent=row.percent,
                reductions=reductions,
                source=N_("the channel"),
                read_at=row.read_at,
            )
        percent, fixed = values.get("commission_percent"), values.get("commission_fixed")
        if percent is None or fixed is None:
            return None
        return Commission(fixed=fixed.value, percent=percent.value, source=percent.source, read_at=percent.read_at)


def usual_vat(goods: Goods) -> Known | None:
    """Return the rate of the product's VAT class in the seller's country, if we know it."""
    if goods.vat_class in NO_VAT:
        return Known(Decimal(0), N_("VAT class of the product"))
    rate = VAT.get(goods.country, {}).get(goods.vat_class)
    return None if rate is None else Known(Decimal(rate), N_("VAT class of the product"))


class CostService:
    """Use cases of costs."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._costs = CostRepository(session)

    async def listed(
        self, *, query: str = "", account_id: UUID | None = None, after: UUID | None = None, limit: int = 50
    ) -> list[CostView]:
        """Return what is entered, the defaults first."""
        return await self._costs.listed(query=query, account_id=account_id, after=after, limit=limit)

    async def cost(self, cost_id: UUID) -> CostView:
        """Return one row.

        Raises:
            CostNotFoundError: there is none.
        """
        found = await self._costs.one(cost_id)
        if found is None:
            raise CostNotFoundError(cost=str(cost_id))
        return found

    async def put(
        self,
        seller_id: UUID,
        values: Mapping[str, Decimal | None],
        *,
        product_id: UUID | None = None,
        account_id: UUID | None = None,
        currency: str = "EUR",
    ) -> None:
        """Say what one product, one account, or everything costs; fields that are left out stay.

        Raises:
            InvalidInputError: a number makes no sense.
        """
        await self.put_many(seller_id, [(product_id, account_id, currency, values)])

    async def put_many(
        self, seller_id: UUID, rows: Sequence[tuple[UUID | None, UUID | None, str, Mapping[str, Decimal | None]]]
    ) -> None:
        """Do as :meth:`put` for many at once.  No currency: as it was said before, else EUR.

        Raises:
            InvalidInputError: a number makes no sense.
        """
        by_columns: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        actor, at = context_of(self._session).actor, now()
        before = await self._currencies(
            seller_id, [(product, account) for product, account, said, _ in rows if not said]
        )
        for product_id, account_id, said, values in rows:
            currency = said or before.get((product_id, account_id), "EUR")
            problems = problems_of(values, currency)
            if problems:
                raise InvalidInputError(problems)
            row: dict[str, Any] = dict.fromkeys(AMOUNTS)
            row.update(values)
            row.update(
                id=new_id(),
                seller_id=seller_id,
                product_id=product_id,
                account_id=account_id,
                currency=currency,
                updated_by=actor.name,
                changed_by=actor.id,
                updated_at=at,
            )
            by_columns[tuple(name for name in AMOUNTS if name in values)].append(row)
        for columns, batch in by_columns.items():
            await self._costs.put(batch, columns)
        await self._told(seller_id, [product_id for product_id, *_ in rows])

    async def _currencies(
        self, seller_id: UUID, places: Collection[tuple[UUID | None, UUID | None]]
    ) -> dict[tuple[UUID | None, UUID | None], str]:
        if not places:
            return {}
        rows = await self._costs.about([seller_id], {product for product, _ in places if product is not None})
        return {(row.product_id, row.account_id): row.currency for row in rows}

    async def remove(self, cost_id: UUID) -> None:
        """Remove what is said; the next wider row counts again."""
        row = await self.cost(cost_id)
        await self._costs.remove(cost_id)
        await self._told(row.seller_id, [row.product_id])

    async def put_commissions(
        self, seller_id: UUID, account_id: UUID, found: Sequence[tuple[str, str, Decimal, Commission]]
    ) -> None:
        """Keep what the channel says it keeps: (GTIN, currency, at which price it was asked, commission)."""
        rows = [
            {
                "account_id": account_id,
                "gtin": gtin,
                "seller_id": seller_id,
                "fixed": said.fixed,
                "percent": said.percent,
                "currency": currency,
                "at_price": price,
                "reductions": [msgspec.to_builtins(one) for one in said.reductions],
                "read_at": now(),
            }
            for gtin, currency, price, said in found
        ]
        await self._costs.put_commissions(rows)

    async def book(self, seller_ids: Collection[UUID], goods: Sequence[Goods]) -> CostBook:
        """Return everything said of *goods* in two statements."""
        product_ids = {one.product_id for one in goods if one.product_id is not None}
        book = CostBook()
        for row in await self._costs.about(seller_ids, product_ids):
            book.rows[(row.seller_id, row.product_id, row.account_id)] = row
        gtins = {one.gtin for one in goods if one.gtin}
        for said in await self._costs.commissions({one.account_id for one in goods}, gtins):
            book.commissions[(said.account_id, said.gtin)] = said
        return book

    async def _told(self, seller_id: UUID, product_ids: Sequence[UUID | None]) -> None:
        named = sorted({one for one in product_ids if one is not None})
        everything = len(named) > MOST_EVENT or any(one is None for one in product_ids)
        event = CostsChanged(seller_id=seller_id, subject_id=seller_id, product_ids=[] if everything else named)
        await outbox.record(self._session, event)


def problems_of(values: Mapping[str, Decimal | None], currency: str) -> dict[str, str]:
    """Return what is wrong with numbers: field -> sentence."""
    problems: dict[str, str] = {}
    if currency not in CURRENCIES:
        problems["currency"] = gettext(N_("Give the currency as three letters, such as EUR."))
    ranges = {"vat_percent": (0, 100), "margin_percent": (-100, 99), "commission_percent": (0, 99)}
    for name, value in values.items():
        least, most = ranges.get(name, (0, 10_000_000))
        if value is not None and not (value.is_finite() and least <= value <= most):
            problems[name] = gettext(N_("Enter a number from {least} to {most}.")).format(least=least, most=most)
    return problems
