"""Puts together what was recorded about offers, so that it can be replayed."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.money import round_money
from entrepot.offers.prices.views import published_since
from entrepot.pricewatch.competing.contract import MarketMoment
from entrepot.pricewatch.competing.service import CompetingService
from entrepot.pricing.backtests.refs import Parameters, Side
from entrepot.pricing.backtests.repository import BacktestRepository
from entrepot.pricing.choosing import by_offer
from entrepot.pricing.domain.competition import is_ours
from entrepot.pricing.domain.facts import OfferFacts, Own, StorePrice
from entrepot.pricing.domain.history import History, MarketAt, PriceAt, StoreAt
from entrepot.pricing.domain.rules import Rule
from entrepot.pricing.facts_repository import OfferRow
from entrepot.pricing.groups_repository import GroupRepository
from entrepot.pricing.judging import Judging, with_margins
from entrepot.pricing.market import Who, competitors, market_offer
from entrepot.pricing.refs import GroupRef, RuleRef, as_it_works


@dataclass(frozen=True, slots=True)
class Case:
    """One offer to replay: its history, and the rule that each side has for it."""

    offer: OfferRow
    history: History
    rules: tuple[Rule | None, ...]


class Gathering:
    """Reads histories and rules, many offers at once.

    Args:
        session: the running transaction; nothing is written.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows = BacktestRepository(session)

    async def cases(self, parameters: Parameters, offer_ids: Collection[UUID]) -> list[Case]:
        """Return what is to be replayed of offers that are still there."""
        known = await Judging(self._session).known(offer_ids)
        sides = [await self._rules(side, offer_ids) for side in parameters.sides]
        markets = await self._markets([offer for offer, _, _ in known], parameters)
        pushed = await self._pushed(offer_ids, parameters)
        stores = await self._stores([offer.product_id for offer, _, _ in known if offer.product_id], parameters)
        sold = await self._rows.sold(
            [(offer.account_id, offer.product_id, offer.sku) for offer, _, _ in known],
            parameters.begins,
            parameters.ends,
        )
        found: list[Case] = []
        for offer, facts, margins in known:
            ours = _with_own_numbers(facts, markets.get(offer.id, ()))
            seen = markets.get(offer.id, ())
            asked = _asked(ours, seen, pushed.get(offer.id, ()))
            # Every way begins where everything is recorded, or they could not be compared.
            begins = max([parameters.begins, *(series[0].at for series in (seen, asked) if series)])
            history = History(
                facts=ours,
                begins=min(begins, parameters.ends),
                ends=parameters.ends,
                markets=seen,
                prices=asked,
                stores=stores.get(offer.product_id, ()) if offer.product_id else (),
                units_sold=sold.get((offer.account_id, offer.product_id, offer.sku)),
            )
            rules = tuple(
                with_margins(rule, *margins) if (rule := side.get(offer.id)) is not None else None for side in sides
            )
            found.append(Case(offer, history, rules))
        return found

    async def _rules(self, side: Side, offer_ids: Collection[UUID]) -> dict[UUID, Rule]:
        """Return the rule that a side has for each offer."""
        groups = GroupRepository(self._session)
        found = await groups.groups([side.group_id])
        if not found:
            return {}
        group = found[0]
        if side.rule_id is not None:
            rule = await _version(groups, side)
            return {} if rule is None else dict.fromkeys(offer_ids, _always(group, rule))
        candidates = await self._rows.candidates(side.group_id, offer_ids)
        rules = {one.id: one for one in await groups.rules(group_ids=[side.group_id])}
        chosen = by_offer(candidates, {group.id: group}, rules)
        return {offer_id: _always(group, one.contender.rule) for offer_id, one in chosen.items()}

    async def _markets(self, offers: Sequence[OfferRow], parameters: Parameters) -> dict[UUID, tuple[MarketAt, ...]]:
        """Return the recorded markets of offers; of several countries, the one that was read most often counts."""
        moments = await CompetingService(self._session).histories(
            {offer.gtin for offer in offers if offer.gtin},
            parameters.begins,
            account_ids={offer.account_id for offer in offers},
            until=parameters.ends,
        )
        known = await competitors(self._session, moments)
        series: defaultdict[tuple[UUID, str], defaultdict[str, list[MarketMoment]]]
        series = defaultdict(lambda: defaultdict(list))
        for moment in moments:
            series[moment.account_id, moment.gtin][moment.country].append(moment)
        found: dict[UUID, tuple[MarketAt, ...]] = {}
        for offer in offers:
            countries = series.get((offer.account_id, offer.gtin))
            if countries:
                _, most = max(sorted(countries.items()), key=lambda one: len(one[1]))
                found[offer.id] = tuple(_market(moment, known) for moment in most)
        return found

    async def _pushed(self, offer_ids: Collection[UUID], parameters: Parameters) -> Mapping[UUID, Sequence[PriceAt]]:
        found: defaultdict[UUID, list[PriceAt]] = defaultdict(list)
        for one in await published_since(self._session, parameters.begins, offer_ids=offer_ids):
            if one.pushed_at < parameters.ends:
                if one.offer_id not in found and one.before is not None:
                    found[one.offer_id].append(PriceAt(parameters.begins, one.before))
                found[one.offer_id].append(PriceAt(one.pushed_at, one.price))
        return found

    async def _stores(self, product_ids: Collection[UUID], parameters: Parameters) -> dict[UUID, tuple[StoreAt, ...]]:
        found: defaultdict[UUID, list[StoreAt]] = defaultdict(list)
        if product_ids:
            rows = await self._rows.store_history(product_ids, parameters.begins, parameters.ends)
            for product_id, store_id, store, at, price, currency, available in rows:
                seen = StorePrice(store_id=store_id, store=store, price=price, currency=currency, available=available)
                found[product_id].append(StoreAt(at, seen))
        return {product_id: tuple(rows) for product_id, rows in found.items()}


async def _version(groups: GroupRepository, side: Side) -> RuleRef | None:
    assert side.rule_id is not None  # noqa: S101 -- only called with one
    if side.version is None:
        return next(iter(await groups.rules(rule_ids=[side.rule_id])), None)
    return next((one for one in await groups.versions(side.rule_id) if one.version == side.version), None)


def _always(group: GroupRef, rule: RuleRef) -> Rule:
    """Return the rule as it works when its group is not paused: a backtest asks what it would do."""
    return msgspec.structs.replace(
        as_it_works(group, rule), paused=rule.rule.paused, resting_price=rule.rule.resting_price
    )


def _market(moment: MarketMoment, known: Who) -> MarketAt:
    day = moment.observed_at.date()
    return MarketAt(
        moment.observed_at, tuple(market_offer(one, moment.account_id, day, known) for one in moment.offers)
    )


def _with_own_numbers(facts: OfferFacts, markets: Sequence[MarketAt]) -> OfferFacts:
    """Return the facts knowing under which numbers we were seen among the competitors."""
    seen = {
        offer.competitor
        for moment in markets
        for offer in moment.offers
        if offer.competitor and offer.channel_offer_id in facts.own.offers
    }
    own = Own(competitors=facts.own.competitors | seen, offers=facts.own.offers)
    return msgspec.structs.replace(facts, own=own)


def _asked(facts: OfferFacts, markets: Sequence[MarketAt], pushed: Sequence[PriceAt]) -> tuple[PriceAt, ...]:
    """Return what we asked: what was seen on the channel, together with what it was told in between."""
    found: dict[datetime, Decimal] = {one.at: one.price for one in pushed}
    for moment in markets:
        for offer in moment.offers:
            if offer.channel_offer_id == facts.channel_offer_id and is_ours(offer, facts):
                found[moment.at] = round_money(offer.price, facts.currency)
    return tuple(PriceAt(at, found[at]) for at in sorted(found))
