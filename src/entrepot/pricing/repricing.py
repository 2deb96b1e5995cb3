"""Repricing: decides about offers, has the governor look, and says what they should cost.  One transaction."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.sentence import Sentence
from entrepot.offers.prices.service import PriceService
from entrepot.offers.prices.wanting import PriceMove, WantedPrice
from entrepot.pricing.asking import whose_will
from entrepot.pricing.decisions_repository import DecisionRepository
from entrepot.pricing.domain.decision import Verdict as Wish
from entrepot.pricing.domain.rules import Mode
from entrepot.pricing.events import ApprovalRequested, PricesDecided
from entrepot.pricing.explaining import derivation_of
from entrepot.pricing.governing import jumped
from entrepot.pricing.governor import Circumstances, Governor, Verdict, allowed_for, reasons
from entrepot.pricing.governor_repository import GovernorRepository
from entrepot.pricing.judging import Judged, Judging

LOG_AGAIN = timedelta(days=1)
"""A decision that changes nothing is written down as often."""
REFUSED_FOR = timedelta(days=1)
"""A price that a second person refused is not asked for again for so long."""
JUMP = timedelta(hours=1)
"""A stock that was looked at longer ago has not jumped."""


@dataclass(slots=True)
class Tally:
    """What became of a run."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    by_offer: dict[UUID, str] = field(default_factory=dict[UUID, str])
    frozen: list[UUID] = field(default_factory=list[UUID])
    """Freezes that this run caused."""

    def plain(self) -> dict[str, int]:
        """Return the counts."""
        return dict(self.outcomes)


@dataclass(frozen=True, slots=True)
class Told:
    """What a person wants of one offer, instead of what its group's mode says."""

    price: Decimal
    """Only if this is still what the rule wants."""
    exact: bool = False
    """A second person agreed to exactly this price, even if the rule wants another by now."""


RULE = "rule"
NOBODY: Mapping[UUID, Told] = {}


class Repricer:
    """Decides about the prices of offers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._decisions = DecisionRepository(session)
        self._prices = PriceService(session)
        self._governor = Governor(session)
        self._ids: dict[UUID, UUID | None] = {}

    async def reprice(self, offer_ids: Collection[UUID], trigger: str, *, told: Mapping[UUID, Told] = NOBODY) -> Tally:
        """Decide about offers, some thousand at most, and do with the prices what their groups say.

        Args:
            offer_ids: which; those that no rule is for lose what pricing wanted for them.
            trigger: why now.
            told: what a person applies.
        """
        await self._decisions.lock_offers(offer_ids)
        judged = await Judging(self._session).judge(offer_ids)
        at = now()
        outcomes: dict[UUID, str] = {}
        prices: dict[UUID, Decimal] = {}
        wanting: list[Judged] = []
        for one in judged:
            outcome, price = self._first(one, told.get(one.offer.id))
            outcomes[one.offer.id] = outcome
            if price is not None:
                prices[one.offer.id] = price
            if outcome == "applied" and not _settled(one):
                wanting.append(one)
            elif outcome == "applied":
                outcomes[one.offer.id] = "unchanged"
        await self._let_go(
            set(offer_ids) - {one.offer.id for one in judged},
            [one.offer.id for one in judged if _outlived(one, outcomes[one.offer.id])],
        )
        verdict = await self._want(wanting, prices, outcomes, told)
        tally = Tally(Counter(outcomes.values()), outcomes, verdict.freezes)
        await self._write(judged, outcomes, prices, trigger, at)
        await self._ask(judged, outcomes, prices, verdict, told)
        await self._tell(judged, outcomes, trigger)
        return tally

    @staticmethod
    def _first(one: Judged, told: Told | None) -> tuple[str, Decimal | None]:
        """Return what should become of a decision before the governor has seen it, and the price."""
        decision, price = one.decision, one.decision.price
        if told is not None and told.exact:
            acts = one.group.mode in {Mode.AUTOMATIC, Mode.APPROVE}
            return ("applied", told.price) if acts and one.fits(told.price) else ("unchanged", None)
        if decision.verdict is Wish.NONE or price is None:
            return "unchanged", None
        mode = one.group.mode
        if mode is Mode.AUTOMATIC or (told is not None and mode is Mode.APPROVE and told.price == price):
            return "applied", price
        if decision.verdict is Wish.KEEP:
            return "unchanged", price
        return ("proposed" if mode is Mode.APPROVE else "dry_run"), price

    async def _want(
        self,
        wanting: Sequence[Judged],
        prices: Mapping[UUID, Decimal],
        outcomes: dict[UUID, str],
        told: Mapping[UUID, Told],
    ) -> Verdict:
        """Say what offers should cost; correct their outcomes to what came of it."""
        verdict = Verdict()
        if not wanting:
            return verdict
        there = await self._circumstances(wanting, prices, told)

        async def guard(moves: Sequence[PriceMove]) -> Mapping[UUID, Sentence]:
            found = await self._governor.pass_on(moves, there)
            verdict.held |= found.held
            verdict.frozen |= found.frozen
            verdict.freezes += found.freezes
            verdict.asking |= found.asking | found.held
            return reasons(found)

        wanted = [
            WantedPrice(
                offer_id=one.offer.id,
                price=prices[one.offer.id],
                currency=one.decision.currency,
                source="rule",
                source_id=one.rule.id,
                derivation=derivation_of(one.kept).stored(),
            )
            for one in wanting
        ]
        for outcome in await self._prices.want(wanted, guard=guard):
            if outcome.offer_id in verdict.held:
                outcomes[outcome.offer_id] = "held"
            elif outcome.offer_id in verdict.frozen:
                outcomes[outcome.offer_id] = "frozen"
            elif not outcome.changed and outcome.offer_id not in there.waived:
                outcomes[outcome.offer_id] = "unchanged"
        return verdict

    async def _circumstances(
        self, wanting: Sequence[Judged], prices: Mapping[UUID, Decimal], told: Mapping[UUID, Told]
    ) -> Circumstances:
        limits = await GovernorRepository(self._session).limits()
        hopped: Counter[UUID] = Counter()
        looked: Counter[UUID] = Counter()
        at = now()
        for one in wanting:
            offer = one.offer
            allowed = allowed_for(limits, offer.seller_id, offer.account_id)
            lately = offer.stock_at is not None and at - offer.stock_at < JUMP
            looked[offer.account_id] += 1
            hopped[offer.account_id] += lately and jumped(offer.last_stock, offer.stock, allowed.stock_units)
        return Circumstances(
            at_floor={
                one.offer.id
                for one in wanting
                if one.decision.floor is not None and prices[one.offer.id] <= one.decision.floor
            },
            waived={offer_id for offer_id, said in told.items() if said.exact},
            jumped=hopped,
            looked=looked,
        )

    async def _let_go(self, offer_ids: set[UUID], outlived: Sequence[UUID]) -> None:
        """Withdraw what pricing wanted for offers that no rule is for any more, and what it would not want now."""
        wanted = [*await self._decisions.outside(offer_ids), *outlived]
        if wanted:
            await self._prices.withdraw(wanted)
        if offer_ids:
            await self._decisions.forget_standing(offer_ids)

    async def _write(
        self,
        judged: Sequence[Judged],
        outcomes: Mapping[UUID, str],
        prices: Mapping[UUID, Decimal],
        trigger: str,
        at: datetime,
    ) -> None:
        """Write decisions down, and how pricing stands now."""
        actor = context_of(self._session).actor.name
        decisions: list[dict[str, Any]] = []
        standings: list[dict[str, Any]] = []
        for one in judged:
            outcome, price = outcomes[one.offer.id], prices.get(one.offer.id)
            noteworthy = outcome != "unchanged" or _different(one, price) or _long_ago(one, at)
            decision_id = new_id() if noteworthy else one.offer.last_decision_id
            shared = _shared(one, outcome, price)
            if noteworthy:
                row = {
                    **shared,
                    "id": decision_id,
                    "trigger": trigger,
                    "limits": [str(limit) for limit in one.decision.limits],
                    "margin": one.margin,
                    "derivation": one.kept.stored(),
                    "actor_name": actor,
                    "decided_at": at,
                }
                decisions.append(row)
            row = {
                **shared,
                "decision_id": decision_id,
                "at_floor": one.at_floor,
                "stock": one.offer.stock,
                "stock_at": at,
                "memory": _memory(one, outcome),
                "decided_at": at,
                "next_look_at": one.next_look_at,
                "logged_at": at if noteworthy else one.offer.logged_at,
                "applied_at": at if outcome == "applied" else None,
            }
            standings.append(row)
        await self._decisions.add(decisions)
        await self._decisions.stand(standings)
        self._ids = {row["offer_id"]: row["decision_id"] for row in standings}

    async def _ask(
        self,
        judged: Sequence[Judged],
        outcomes: Mapping[UUID, str],
        prices: Mapping[UUID, Decimal],
        verdict: Verdict,
        told: Mapping[UUID, Told],
    ) -> None:
        """Ask a second person for what is held; close requests for prices that nobody wants any more."""
        store = GovernorRepository(self._session)
        at = now()
        asked = await store.asked_lately([one.offer.id for one in judged], at - REFUSED_FOR)
        settled = {offer_id for offer_id, said in told.items() if said.exact}
        waiting = {offer_id: price for offer_id, found in asked.items() for state, price in found if state == "waiting"}
        stale = [
            one.offer.id
            for one in judged
            if one.offer.id in waiting
            and one.offer.id not in settled
            and outcomes[one.offer.id] != "frozen"
            and (one.offer.id not in verdict.held or waiting[one.offer.id] != prices[one.offer.id])
        ]
        if stale:
            await store.overtake(stale, at)
        new = [
            one
            for one in judged
            if one.offer.id in verdict.asking
            and (one.offer.id not in waiting or one.offer.id in stale)
            and ("refused", prices[one.offer.id]) not in asked.get(one.offer.id, ())
        ]
        if not new:
            return
        actor = context_of(self._session).actor
        askers = await whose_will(self._session, new, set(told))
        rows: list[dict[str, Any]] = [
            {
                "id": new_id(),
                "asked_by": askers[one.offer.id],
                "seller_id": one.offer.seller_id,
                "account_id": one.offer.account_id,
                "offer_id": one.offer.id,
                "decision_id": self._ids[one.offer.id],
                "currency": one.decision.currency,
                "price_before": one.offer.price,
                "price_after": prices[one.offer.id],
                "floor": one.decision.floor,
                "ceiling": one.decision.ceiling,
                "state": "waiting",
                "requested_by": actor.id if one.offer.id in told else one.rule.changed_by,
                "requested_by_name": actor.name if one.offer.id in told else one.rule.changed_by_name,
            }
            for one in new
        ]
        await store.ask(rows)
        events = [
            ApprovalRequested(
                seller_id=row["seller_id"],
                subject_id=row["offer_id"],
                approval_id=row["id"],
                price_before=str(row["price_before"]),
                price_after=str(row["price_after"]),
                currency=str(row["currency"]),
            )
            for row in rows
        ]
        await outbox.record(self._session, *events)

    async def _tell(self, judged: Sequence[Judged], outcomes: Mapping[UUID, str], trigger: str) -> None:
        counts: defaultdict[tuple[UUID, UUID], Counter[str]] = defaultdict(Counter)
        for one in judged:
            counts[(one.offer.seller_id, one.offer.account_id)][outcomes[one.offer.id]] += 1
        events = [
            PricesDecided(seller_id=seller_id, subject_id=account_id, trigger=trigger, outcomes=dict(found))
            for (seller_id, account_id), found in sorted(counts.items())
            if set(found) != {"unchanged"}
        ]
        await outbox.record(self._session, *events)


def _settled(one: Judged) -> bool:
    """Return whether pricing wants this price already, and it counts."""
    return one.decision.verdict is Wish.KEEP and one.offer.price_source == RULE


def _outlived(one: Judged, outcome: str) -> bool:
    """Return whether pricing must not go on wanting what it wanted: nothing would be sent now, or not this price."""
    wanted, decision, mode = one.offer.rule_price, one.decision, one.group.mode
    if wanted is None or outcome == "applied":
        return False
    if mode is Mode.DRY_RUN:
        return True
    if mode is Mode.AUTOMATIC and decision.verdict is not Wish.NONE:
        return False
    low, high = decision.floor, decision.ceiling
    return low is None or high is None or not low <= wanted <= high


def _shared(one: Judged, outcome: str, price: Decimal | None) -> dict[str, Any]:
    decision = one.decision
    return {
        "seller_id": one.offer.seller_id,
        "account_id": one.offer.account_id,
        "offer_id": one.offer.id,
        "group_id": one.group.id,
        "rule_id": one.rule.id,
        "rule_version": one.rule.version,
        "outcome": outcome,
        "currency": decision.currency,
        "price_before": one.offer.price,
        "price_after": price,
        "floor": decision.floor,
        "ceiling": decision.ceiling,
        "has_box": one.has_box,
        "position": one.position,
    }


def _memory(one: Judged, outcome: str) -> dict[str, Any] | None:
    """Return what the strategy keeps: a price that did not come about teaches it nothing."""
    if outcome in {"applied", "unchanged"}:
        kept: dict[str, Any] = msgspec.to_builtins(one.decision.state)
        return kept
    same = one.offer.last_rule_id == one.rule.id and one.offer.last_rule_version == one.rule.version
    return one.offer.memory if same else None


def _different(one: Judged, price: Decimal | None) -> bool:
    offer, decision = one.offer, one.decision
    before = (offer.last_outcome, offer.last_rule_id, offer.last_rule_version, offer.last_floor, offer.last_ceiling)
    after = ("unchanged", one.rule.id, one.rule.version, decision.floor, decision.ceiling)
    return (before, offer.last_price, offer.last_has_box, offer.last_position) != (
        after,
        price,
        one.has_box,
        one.position,
    )


def _long_ago(one: Judged, at: datetime) -> bool:
    return one.offer.logged_at is None or at - one.offer.logged_at >= LOG_AGAIN
