"""Storing what came of checks: evidence, observations, the listings' new standing and events, in one transaction."""

import random
from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import Event
from entrepot.kit.storage import Storage
from entrepot.pricewatch.snapshots.service import SnapshotService
from entrepot.pricewatch.watching.checking_repository import CheckingRepository
from entrepot.pricewatch.watching.events import CheckFailed, CheckRecovered, PriceObserved
from entrepot.pricewatch.watching.looking import Look, record_of
from entrepot.pricewatch.watching.outcomes import Due, Outcome, outcome


class Counted(msgspec.Struct):
    """How many checks ended how."""

    checked: int = 0
    changed: int = 0
    failed: int = 0

    def add(self, outcomes: Sequence[Outcome]) -> None:
        self.checked += len(outcomes)
        self.changed += sum(one.changed for one in outcomes)
        self.failed += sum(one.problem is not None for one in outcomes)


async def store_looks(session: AsyncSession, storage: Storage, seen: Sequence[tuple[Due, Look]]) -> list[Outcome]:
    """Store what was seen of listings; return what it did to each that was still there and as it was."""
    checking = CheckingRepository(session)
    there = await checking.hold([due.id for due, _ in seen])
    outcomes = [
        (outcome(due, look, random.uniform(-1, 1)), look)  # noqa: S311 -- spreads checks, hides nothing
        for due, look in seen
        if due.id in there
    ]
    told = [(one, look) for one, look in outcomes if not look.waits and not look.unchanged]
    records = [
        record_of(look, one.due.store, listing_id=one.due.id, good=one.good, problem=one.problem) for one, look in told
    ]
    kept = await SnapshotService(session, storage).keep_many(records) if records else []
    snapshots = {one.due.id: snapshot for (one, _), snapshot in zip(told, kept, strict=True)}
    rows = [{"id": one.due.id, "version": one.due.version, **one.values} for one, _ in outcomes]
    done = await checking.store(rows)
    late = [one.due.id for one, _ in outcomes if one.due.id not in done]
    if late:
        await checking.give_back(late, now())
    settled = [one for one, _ in outcomes if one.due.id in done]
    await checking.observe(
        [
            {"id": new_id(), **one.observation, "snapshot_id": snapshots.get(one.due.id)}
            for one in settled
            if one.observation is not None
        ]
    )
    await checking.name_products(
        [
            {
                "id": one.due.watched_product_id,
                "title": one.values["title"],
                "gtin": one.values["gtin"],
                "image_url": one.values["image_url"],
            }
            for one in settled
            if one.good and one.values["title"] and one.changed
        ]
    )
    await outbox.record(session, *(event for one in settled for event in events_of(one)))
    return settled


def events_of(one: Outcome) -> list[Event]:
    """Return what others are told of a check."""
    due, observation = one.due, one.observation
    common = {
        "seller_id": due.seller_id,
        "subject_id": due.watched_product_id,
        "watched_product_id": due.watched_product_id,
        "listing_id": due.id,
        "store_id": due.store.id,
        "store": due.store.name,
        "title": due.product_title if due.named else one.values["title"] or due.product_title,
    }
    found: list[Event] = []
    if one.changed and observation is not None:
        found.append(
            PriceObserved(
                **common,  # type: ignore[arg-type]  # plain values of several types
                product_id=due.product_id,
                price=observation["price"],
                unit_price=observation["unit_price"],
                currency=observation["currency"],
                availability=observation["availability"],
                before_price=due.price,
                before_unit_price=due.unit_price,
                before_currency=due.currency,
                before_availability=due.availability,
                first=due.observed_at is None,
            )
        )
    if one.told == "failed":
        problem = one.problem.english if one.problem else ""
        found.append(CheckFailed(**common, reason=one.values["attention"], problem=problem))  # type: ignore[arg-type]
    elif one.told == "recovered":
        found.append(CheckRecovered(**common))  # type: ignore[arg-type]
    return found
