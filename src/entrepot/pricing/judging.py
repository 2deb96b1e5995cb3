"""Deciding about many offers at once: loads every fact in a few statements, then asks the domain.  Changes nothing."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.clock import now
from entrepot.pricing.choosing import Chosen, Contender, by_offer
from entrepot.pricing.costs import CostBook, CostService, Goods, usual_vat
from entrepot.pricing.costs_repository import CostRepository
from entrepot.pricing.domain.bounds import bounds_of
from entrepot.pricing.domain.competition import is_ours
from entrepot.pricing.domain.deciding import decide
from entrepot.pricing.domain.decision import Decision
from entrepot.pricing.domain.facts import Market, OfferFacts, Own, StorePrice
from entrepot.pricing.domain.margins import margin_at
from entrepot.pricing.domain.moments import next_moment
from entrepot.pricing.domain.rules import START, Limits, Rule, State, Strategy
from entrepot.pricing.explaining import Kept, lost_rules
from entrepot.pricing.facts_repository import FactsRepository, OfferRow
from entrepot.pricing.groups_repository import GroupRepository
from entrepot.pricing.market import NOBODY_LOOKED, Place, markets, store_prices
from entrepot.pricing.refs import GroupRef, RuleRef, as_it_works
from entrepot.pricing.stars import Shown, stars_of


@dataclass(frozen=True, slots=True)
class Judged:
    """One offer, what was decided about it, and by which rule."""

    offer: OfferRow
    chosen: Chosen
    decision: Decision
    stores: tuple[StorePrice, ...]
    has_box: bool | None
    position: int | None
    margin: Decimal | None
    facts: OfferFacts
    working: Rule
    """The rule as it worked: with its group's times, and the least margins."""

    @property
    def next_look_at(self) -> datetime | None:
        """When the clock alone may change the decision."""
        return next_moment(self.working, self.facts.costs.commission, self.group.paused_until, self.facts.moment)

    def fits(self, price: Decimal) -> bool:
        """Return whether a price may be asked now: inside the limits, and where the least margin is left."""
        day = self.facts.moment.astimezone(ZoneInfo(self.working.timezone)).date()
        return bounds_of(self.working.limits, self.facts.costs, day).fits(price)

    @property
    def rule(self) -> RuleRef:
        return self.chosen.contender.rule

    @property
    def group(self) -> GroupRef:
        return self.chosen.contender.group

    @property
    def at_floor(self) -> bool:
        """The price, new or kept, is the lowest that may be asked."""
        price = self.decision.price
        return price is not None and self.decision.floor is not None and price <= self.decision.floor

    @property
    def kept(self) -> Kept:
        """What is kept of it."""
        return Kept(
            decision=self.decision,
            rule=self.rule.name,
            group=self.group.name,
            lost=lost_rules(self.chosen),
            stores=self.stores,
            stock=self.offer.stock,
            stars=self.facts.stars if self.working.star is not None else (),
        )


@dataclass(slots=True)
class Facts:
    """Everything that is known of some offers."""

    at: datetime
    book: CostBook
    markets: Mapping[Place, Market]
    stores: Mapping[UUID, tuple[StorePrice, ...]]
    own: Mapping[str, frozenset[str]]
    ours: frozenset[str]
    """Ourselves among the competitors, as the channel numbers them."""
    since: Mapping[UUID, datetime]
    stars: Shown

    def market(self, offer: OfferRow, country: str) -> Market:
        """Return what others ask for what an offer offers, in the country of its group."""
        found = self.markets.get((offer.account_id, offer.gtin, country), NOBODY_LOOKED)
        stores = self.stores.get(offer.product_id, ()) if offer.product_id else ()
        return msgspec.structs.replace(found, stores=stores) if stores else found

    def of(self, offer: OfferRow) -> OfferFacts:
        """Return an offer as the domain knows it."""
        since = self.since.get(offer.product_id) if offer.product_id else None
        return OfferFacts(
            offer_id=str(offer.id),
            channel_offer_id=offer.channel_offer_id,
            account_id=str(offer.account_id),
            sku=offer.sku,
            gtin=offer.gtin,
            price=offer.price,
            currency=offer.currency,
            costs=self.book.costs(goods_of(offer)),
            own=Own(competitors=self.ours, offers=self.own.get(offer.gtin, frozenset())),
            stars=self.stars.get((offer.account_id, offer.gtin, offer.currency), ()),
            stock=offer.stock,
            stock_age_days=None if since is None else (self.at - since).days,
            moment=self.at,
        )


class Judging:
    """Decisions about offers, in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._groups = GroupRepository(session)
        self._facts = FactsRepository(session)

    async def judge(self, offer_ids: Collection[UUID]) -> list[Judged]:
        """Return what should become of offers that some rule is for."""
        return await self._decided(await self._chosen(offer_ids))

    async def to_read(self, offer_ids: Collection[UUID]) -> tuple[dict[UUID, str], set[UUID]]:
        """Return what is to be read before offers are judged.

        Returns:
            The countries in which the groups that count compare offers, without those that name none; and the offers
            whose rule keeps a price star.
        """
        chosen = await self._chosen(offer_ids)
        countries = {offer_id: country for offer_id, one in chosen.items() if (country := one.contender.group.country)}
        return countries, {offer_id for offer_id, one in chosen.items() if one.contender.rule.rule.star is not None}

    async def _chosen(self, offer_ids: Collection[UUID]) -> dict[UUID, Chosen]:
        candidates = await self._groups.candidates(offer_ids)
        group_ids = {one.group_id for one in candidates}
        if not group_ids:
            return {}
        groups = {one.id: one for one in await self._groups.groups(group_ids)}
        rules = {one.id: one for one in await self._groups.rules(group_ids=group_ids)}
        return by_offer(((one.offer_id, one.group_id, one.rule_id, one.by_hand) for one in candidates), groups, rules)

    async def as_if(self, group: GroupRef, rule: RuleRef, offer_ids: Sequence[UUID]) -> list[Judged]:
        """Return what a rule would do with offers, whether it is saved or not."""
        contender = Contender(group, rule, by_hand=False)
        return await self._decided({offer_id: Chosen(contender, ()) for offer_id in offer_ids})

    async def known(self, offer_ids: Collection[UUID]) -> list[tuple[OfferRow, OfferFacts, tuple[bool, bool]]]:
        """Return offers as the domain knows them now, and whether least margins were entered for them, without any rule."""
        offers = await self._facts.offers(offer_ids)
        facts = await self._load(offers, Strategy, {}, starred={offer.id for offer in offers})
        return [(offer, facts.of(offer), facts.book.margins(goods_of(offer))) for offer in offers]

    async def _decided(self, chosen: Mapping[UUID, Chosen]) -> list[Judged]:
        offers = await self._facts.offers(list(chosen))
        countries = {offer_id: one.contender.group.country for offer_id, one in chosen.items()}
        rules = {offer.id: chosen[offer.id].contender.rule.rule for offer in offers}
        starred = {offer_id for offer_id, rule in rules.items() if rule.star is not None}
        facts = await self._load(offers, {rule.strategy for rule in rules.values()}, countries, starred=starred)
        working: dict[tuple[UUID, UUID, int], Rule] = {}
        return [self._judged(offer, chosen[offer.id], facts, working) for offer in offers]

    async def _load(
        self,
        offers: Sequence[OfferRow],
        strategies: Iterable[Strategy],
        countries: Mapping[UUID, str],
        *,
        starred: Collection[UUID],
    ) -> Facts:
        goods = [goods_of(offer) for offer in offers]
        product_ids = {one.product_id for one in goods if one.product_id is not None}
        gtins = {one.gtin for one in goods if one.gtin}
        book = await CostService(self._session).book({one.seller_id for one in goods}, goods)
        suppliers = {store: vat for (_, store), vat in (await CostRepository(self._session).suppliers()).items()}
        rates = {one.product_id: rate for one in goods if one.product_id and (rate := usual_vat(one)) is not None}
        stores, book.supplier = await store_prices(self._session, product_ids, suppliers, rates)
        places = {
            (offer.account_id, offer.gtin, countries.get(offer.id, "")): offer.country for offer in offers if offer.gtin
        }
        found = await markets(self._session, places)
        own = await self._facts.own_offers(gtins)
        ages = await self._facts.stock_since(product_ids) if Strategy.SELL_OUT in set(strategies) else {}
        shining = [offer for offer in offers if offer.id in starred and offer.gtin]
        stars = await stars_of(self._session, {one.account_id for one in shining}, {one.gtin for one in shining})
        numbers = frozenset[str]().union(*own.values())
        ours = {
            one.competitor
            for market in found.values()
            for one in market.offers
            if one.competitor and one.channel_offer_id in numbers
        }
        return Facts(now(), book, found, stores, own, frozenset(ours), ages, stars)

    def _judged(
        self, offer: OfferRow, chosen: Chosen, facts: Facts, working: dict[tuple[UUID, UUID, int], Rule]
    ) -> Judged:
        group, rule = chosen.contender.group, chosen.contender.rule
        key = (group.id, rule.id, rule.version)
        if key not in working:
            working[key] = as_it_works(group, rule)
        of, market = facts.of(offer), facts.market(offer, group.country)
        margins = facts.book.margins(goods_of(offer))
        at_work = with_margins(working[key], *margins)
        decision = decide(of, market, at_work, remembered(offer, rule))
        price = decision.price if decision.price is not None else offer.price
        return Judged(
            offer=offer,
            chosen=chosen,
            decision=decision,
            stores=market.stores,
            has_box=None if market.read_at is None else any(one.best and is_ours(one, of) for one in market.offers),
            position=_position(offer.price, market, decision),
            margin=None if price is None else margin_at(price, of.costs, facts.at.date()),
            facts=of,
            working=at_work,
        )


def goods_of(offer: OfferRow) -> Goods:
    """Return what the costs of an offer are looked up by."""
    return Goods(
        seller_id=offer.seller_id,
        account_id=offer.account_id,
        product_id=offer.product_id,
        gtin=offer.gtin,
        currency=offer.currency,
        country=offer.country,
        vat_class=offer.vat_class,
        purchase_price=offer.purchase_price,
        purchase_currency=offer.purchase_currency,
        item_price=offer.item_price,
        item_currency=offer.item_currency,
    )


def with_margins(rule: Rule, amount: bool, percent: bool) -> Rule:  # noqa: FBT001 -- as the book of costs says them
    """Return the rule with a floor that also leaves the least margins that were entered with the costs."""
    if not amount and not percent:
        return rule
    margins = f"{'least_margin' if amount else 0}, {'least_margin_percent' if percent else 0}"
    floor = f"MAX({rule.limits.floor}, PRICE(FIRST(landed_cost, purchase_price) + shipping + packaging, {margins}))"
    return msgspec.structs.replace(rule, limits=Limits(floor=floor, ceiling=rule.limits.ceiling))


def remembered(offer: OfferRow, rule: RuleRef) -> State:
    """Return what the rule kept of the last time; another rule, or version, starts anew."""
    if offer.memory is None or offer.last_rule_id != rule.id or offer.last_rule_version != rule.version:
        return START
    return msgspec.convert(offer.memory, State)


def _position(price: Decimal | None, market: Market, decision: Decision) -> int | None:
    if market.read_at is None or price is None:
        return None
    cheaper = defaultdict[bool, int](int)
    for one in decision.rivals:
        if one.skipped is None:
            cheaper[one.compared < price] += 1
    return cheaper[True] + 1
