"""Looks at what happened to watched prices, moves the alerts on, and tells users: all in one transaction.

The reaction that calls it keeps its place in the event log in that transaction, too, and a notification is unique per
alert and cause: a batch that is handled again changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.outbox import RecordedEvent
from entrepot.messaging.telling import Curve, Notice, tell
from entrepot.pricewatch.alerts.domain import (
    NEW,
    AlertKind,
    Basis,
    Direction,
    Fired,
    Observation,
    Rule,
    State,
    forget,
    remember,
    step,
)
from entrepot.pricewatch.alerts.events import AlertFired
from entrepot.pricewatch.alerts.repository import AlertRepository, AlertRow, Place
from entrepot.pricewatch.alerts.wording import facts_of, sentences
from entrepot.pricewatch.extracting.contract import Availability
from entrepot.pricewatch.watching.events import CheckFailed, CheckRecovered, PriceObserved

TOPICS = (PriceObserved.topic, CheckFailed.topic, CheckRecovered.topic)
INSTANT = timedelta(microseconds=1)
PICTURED = timedelta(days=90)
MOST_POINTS = 120


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """An event, as alerts look at it."""

    seller_id: UUID
    product_id: UUID
    found: Observation
    before: Observation | None = None
    checks: bool = False
    """About whether the page can be read, not about the price."""
    problem: str = ""


class Going(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that goes off, and what it is about."""

    alert: AlertRow
    rule: Rule
    fired: Fired
    place: Place
    problem: str


def rule_of(alert: AlertRow) -> Rule:
    """Return what an alert waits for."""
    return Rule(
        kind=AlertKind(alert.kind),
        direction=Direction(alert.direction),
        threshold=alert.threshold,
        currency=alert.currency,
        days=alert.days,
        again=alert.again,
    )


def basis_of(alert: AlertRow) -> Basis:
    """Return which price counts: of one listing its own, and whether a page can be read is its own matter, too."""
    if alert.listing_id is not None or alert.kind == AlertKind.FAILING:
        return Basis.EACH
    return Basis(alert.basis)


def happened(event: RecordedEvent) -> Happened | None:
    """Read an event of the watch slice; None: an older release wrote it otherwise."""
    payload = event.payload
    if event.seller_id is None or "listing_id" not in payload:
        return None
    listing_id, at = UUID(payload["listing_id"]), event.recorded_at
    if event.topic != PriceObserved.topic:
        found = Observation(listing_id=listing_id, at=at, failed=event.topic == CheckFailed.topic)
        return Happened(
            seller_id=event.seller_id,
            product_id=event.subject_id,
            found=found,
            checks=True,
            problem=str(payload.get("problem", "")),
        )
    first = bool(payload.get("first"))
    return Happened(
        seller_id=event.seller_id,
        product_id=event.subject_id,
        found=_observation(listing_id, at, payload, ""),
        before=None if first else _observation(listing_id, at - INSTANT, payload, "before_"),
    )


def _observation(listing_id: UUID, at: datetime, payload: dict[str, Any], prefix: str) -> Observation:
    price = payload.get(f"{prefix}unit_price")
    return Observation(
        listing_id=listing_id,
        at=at,
        price=None if price is None else Decimal(str(price)),
        currency=str(payload.get(f"{prefix}currency") or ""),
        availability=Availability(payload.get(f"{prefix}availability") or "unknown"),
    )


class Evaluation:
    """Moves alerts on, for one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._repository = AlertRepository(session)
        self._places: dict[UUID, Place] = {}
        self._by_product: defaultdict[UUID, list[Place]] = defaultdict(list)
        self._states: dict[tuple[UUID, UUID], State] = {}
        self._written: set[tuple[UUID, UUID]] = set()

    async def look(self, events: Sequence[RecordedEvent]) -> int:
        """Look at events in their order; return how many notifications came of them."""
        told = [one for event in events if (one := happened(event)) is not None]
        products = {one.product_id for one in told}
        await self._load(products)
        told = [one for one in told if one.found.listing_id in self._places]
        alerts = await self._repository.lock_alerts(
            {one.seller_id for one in told}, products, {one.found.listing_id for one in told}
        )
        if not alerts:
            return 0
        subjects = products | {one.found.listing_id for one in told}
        self._states = await self._repository.states([alert.id for alert in alerts], subjects)
        going: list[Going] = []
        for at, one in enumerate(told):
            place = self._places[one.found.listing_id]
            for alert in alerts:
                if _concerns(alert, place) and one.checks == (alert.kind == AlertKind.FAILING):
                    going += await self._move(alert, one, told[at:])
        return await self._finish(going, {alert.id: alert for alert in alerts})

    async def begin(self, alert: AlertRow, product_id: UUID) -> int:
        """Show a new alert of one product or listing what is known by now; it may go off at once."""
        await self._load([product_id])
        rule, basis = rule_of(alert), basis_of(alert)
        if rule.kind is AlertKind.FAILING:
            return 0
        places = [place for place in self._counting(product_id) if _concerns(alert, place)]
        going: list[Going] = []
        for place in places:
            key = (alert.id, self._subject(alert, place))
            if rule.kind is AlertKind.LOWEST:
                siblings = places if basis is Basis.BEST else [place]
                state, fired = await self._remembered(rule, basis, siblings, now()), None
            else:
                state, fired = step(rule, self._states.get(key, NEW), _now(place, place.at), basis)
            self._states[key] = state
            self._written.add(key)
            if fired is not None:
                going.append(self._going(alert, rule, fired, ""))
        # Of several listings the best alone is worth a word when an alert begins.
        return await self._finish(going[-1:], {alert.id: alert})

    async def _load(self, products: Iterable[UUID]) -> None:
        for place in await self._repository.places(list(products)):
            self._places[place.id] = place
            self._by_product[place.watched_product_id].append(place)

    def _counting(self, product_id: UUID) -> list[Place]:
        return [place for place in self._by_product[product_id] if not place.paused]

    def _subject(self, alert: AlertRow, place: Place) -> UUID:
        return place.watched_product_id if basis_of(alert) is Basis.BEST else place.id

    async def _move(self, alert: AlertRow, one: Happened, later: Sequence[Happened]) -> list[Going]:
        rule, basis = rule_of(alert), basis_of(alert)
        place = self._places[one.found.listing_id]
        key = (alert.id, self._subject(alert, place))
        state = self._states.get(key)
        if state is None:
            state = await self._first(rule, basis, one, later)
        elif basis is Basis.BEST:
            coming = {other.found.listing_id for other in later}
            known = [
                _now(sibling, sibling.at) for sibling in self._counting(one.product_id) if sibling.id not in coming
            ]
            state = forget(state, {str(sibling.id) for sibling in self._counting(one.product_id)})
            state = remember(state, known)
        after, fired = step(rule, state, one.found, basis)
        self._states[key] = after
        self._written.add(key)
        return [self._going(alert, rule, fired, one.problem)] if fired is not None else []

    async def _first(self, rule: Rule, basis: Basis, one: Happened, later: Sequence[Happened]) -> State:
        """Return what an alert that never saw its subject should know: how things were before."""
        if one.checks:
            return NEW
        place = self._places[one.found.listing_id]
        siblings = self._counting(one.product_id) if basis is Basis.BEST else [place]
        if rule.kind is AlertKind.LOWEST:
            return await self._remembered(rule, basis, siblings, one.found.at, but=one.found)
        state = NEW
        changes = {other.found.listing_id: other.before for other in reversed(later) if not other.checks}
        for sibling in siblings:
            known = changes[sibling.id] if sibling.id in changes else _now(sibling, one.found.at - INSTANT)
            if known is not None:
                known = msgspec.structs.replace(known, at=one.found.at - INSTANT)
                state, _ = step(rule, state, known, basis)
        # What was so before anybody watched is told by the next observation, not swallowed here.
        return msgspec.structs.replace(state, armed=True, fired=None)

    async def _remembered(
        self, rule: Rule, basis: Basis, places: Sequence[Place], before: datetime, but: Observation | None = None
    ) -> State:
        """Return what an alert for the lowest price would know if it had been there all the time."""
        since = before - timedelta(days=rule.days)
        past = await self._repository.observations([place.id for place in places], since, before)
        own = [one for one in past if but is not None and one.listing_id == but.listing_id]
        if own and but is not None and (own[-1].price, own[-1].availability) == (but.price, but.availability):
            past.remove(own[-1])  # the observation that is looked at now
        state = NEW
        for one in past:
            state, _ = step(rule, state, one, basis)
        return msgspec.structs.replace(state, armed=True, fired=None)

    def _going(self, alert: AlertRow, rule: Rule, fired: Fired, problem: str) -> Going:
        return Going(alert=alert, rule=rule, fired=fired, place=self._places[fired.listing_id], problem=problem)

    async def _finish(self, going: Sequence[Going], alerts: dict[UUID, AlertRow]) -> int:
        await self._repository.keep_states(
            [
                {
                    "alert_id": alert_id,
                    "subject_id": subject_id,
                    "seller_id": alerts[alert_id].seller_id,
                    "watched_product_id": self._places[subject_id].watched_product_id
                    if subject_id in self._places
                    else subject_id,
                    "state": msgspec.to_builtins(self._states[alert_id, subject_id]),
                }
                for alert_id, subject_id in sorted(self._written)
            ]
        )
        if not going:
            return 0
        curves = await self._curves(going)
        count = await tell(self._session, [_notice(one, curves.get(one.place.id)) for one in going])
        await self._repository.note_fired(Counter(one.alert.id for one in going), now())
        await outbox.record(
            self._session,
            *(
                AlertFired(
                    seller_id=one.alert.seller_id,
                    subject_id=one.place.watched_product_id,
                    alert_id=one.alert.id,
                    listing_id=one.place.id,
                    kind=one.alert.kind,
                )
                for one in going
            ),
        )
        return count

    async def _curves(self, going: Sequence[Going]) -> dict[UUID, Curve]:
        """Return what the pictures draw: the price of each listing in the last months, with what is told as its end."""
        places = {one.place.id: one for one in going if one.fired.price is not None}
        if not places:
            return {}
        end = max(one.fired.at for one in going)
        points: defaultdict[UUID, list[tuple[int, str]]] = defaultdict(list)
        for found in await self._repository.observations(list(places), end - PICTURED, end):
            if found.price is not None and found.currency == places[found.listing_id].fired.currency:
                points[found.listing_id].append((int(found.at.timestamp()), str(found.price)))
        curves: dict[UUID, Curve] = {}
        for listing_id, one in places.items():
            line = points[listing_id]
            thin = line[:: len(line) // MOST_POINTS + 1]
            curves[listing_id] = Curve(
                points=[*thin, (int(one.fired.at.timestamp()), str(one.fired.price))],
                currency=one.fired.currency,
                title=f"{one.place.product} · {one.place.store}",
            )
        return curves


def _now(place: Place, at: datetime) -> Observation:
    return Observation(
        listing_id=place.id,
        at=at,
        price=place.unit_price,
        currency=place.currency,
        availability=Availability(place.availability),
    )


def _concerns(alert: AlertRow, place: Place) -> bool:
    """Tell whether an alert looks at a listing."""
    if alert.seller_id != place.seller_id:
        return False
    if alert.listing_id is not None:
        return alert.listing_id == place.id
    if alert.watched_product_id is not None:
        return alert.watched_product_id == place.watched_product_id
    return alert.group_id is None or alert.group_id == place.group_id


def _notice(one: Going, curve: Curve | None) -> Notice:
    facts = facts_of(one.rule, one.fired, product=one.place.product, store=one.place.store, problem=one.problem)
    title, body = sentences(one.fired, facts)
    return Notice(
        seller_id=one.alert.seller_id,
        user_id=one.alert.user_id,
        key=f"{one.alert.id}:{one.fired.cause}",
        topic=f"pricewatch.{one.alert.kind}",
        needs=Right.PRICEWATCH_READ,
        subject_kind="watched_product",
        subject_id=one.place.watched_product_id,
        title=title,
        body=body,
        facts=facts,
        path=f"/prices/products/{one.place.watched_product_id}",
        outside_url=one.place.url,
        curve=curve,
    )
