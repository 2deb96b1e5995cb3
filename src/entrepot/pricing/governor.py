"""The governor: lets price changes through, holds what a second person must see, and freezes what is too much."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_
from entrepot.offers.prices.service import PriceService
from entrepot.offers.prices.wanting import PriceMove
from entrepot.pricing.errors import FreezeNotFoundError, WholeInstanceError
from entrepot.pricing.events import Frozen, Resumed
from entrepot.pricing.governing import HUNDRED, Allowed, Before, Breach, Cause, Move, breach, held, strictest
from entrepot.pricing.governor_repository import CounterRow, FreezeRow, GovernorRepository, LimitsRow

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
INSTANCE = "instance"
FROZEN = N_("Prices are frozen by the governor.")
HELD = N_("The change is so large that a second person has to agree.")
REASON = N_("Frozen by the price governor")
"""Shown where prices are held."""


@dataclass(slots=True)
class Circumstances:
    """What a run knows of the offers whose prices are about to change."""

    at_floor: Collection[UUID] = ()
    waived: Collection[UUID] = ()
    jumped: Mapping[UUID, int] = field(default_factory=dict[UUID, int])
    """Account -> offers of this run whose stock jumped."""
    looked: Mapping[UUID, int] = field(default_factory=dict[UUID, int])
    """Account -> offers of this run."""


@dataclass(slots=True)
class Verdict:
    """What the governor said of a run."""

    held: set[UUID] = field(default_factory=set[UUID])
    frozen: set[UUID] = field(default_factory=set[UUID])
    freezes: list[UUID] = field(default_factory=list[UUID])
    asking: set[UUID] = field(default_factory=set[UUID])
    """What froze and would freeze again: after a resume it waits for a second person instead."""


class Governor:
    """Use cases of the governor."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._store = GovernorRepository(session)

    # Letting through

    async def pass_on(self, moves: Sequence[PriceMove], there: Circumstances) -> Verdict:
        """Look at everything that is about to change in this transaction; counts what may.

        The counters stay locked until the transaction ends, so that two runs never pass a limit together.
        """
        at = now()
        by_account: defaultdict[UUID, list[PriceMove]] = defaultdict(list)
        for move in moves:
            by_account[move.account_id].append(move)
        sellers = {account_id: batch[0].seller_id for account_id, batch in by_account.items()}
        scopes: list[tuple[str, UUID | None]] = [
            *((account_scope(account_id), sellers[account_id]) for account_id in sorted(by_account)),
            *((seller_scope(seller_id), seller_id) for seller_id in sorted(set(sellers.values()))),
            (INSTANCE, None),
        ]
        counters = await self._store.lock_counters(scopes, at)
        limits = await self._store.limits()
        asked = await self._store.asked_lately([move.offer_id for move in moves], at - DAY)
        hour_before = await self._store.prices_before([move.offer_id for move in moves], at - HOUR)
        plain = {
            move.offer_id: Move(
                offer_id=move.offer_id,
                before=move.before,
                after=move.after,
                hour_before=hour_before.get(move.offer_id, move.before),
                at_floor=move.offer_id in there.at_floor,
                waived=move.offer_id in there.waived,
                hidden=move.hidden,
                asked=any(state in {"waiting", "refused"} for state, _ in asked.get(move.offer_id, ())),
            )
            for move in moves
        }
        verdict = Verdict()
        frozen = {row.scope for row in await self._store.open_freezes()}
        for account_id, batch in sorted(by_account.items()):
            seller_id = sellers[account_id]
            chain = (account_scope(account_id), seller_scope(seller_id), INSTANCE)
            mine = [plain[move.offer_id] for move in batch]
            if frozen & set(chain):
                verdict.frozen.update(move.offer_id for move in mine)
                continue
            allowed = allowed_for(limits, seller_id, account_id)
            before = await self._before(counters[chain[0]], seller_id, account_id, mine, there, at)
            found = breach(mine, before, allowed)
            if found is not None:
                await self._freeze(verdict, chain[0], seller_id, account_id, found)
                verdict.frozen.update(move.offer_id for move in mine)
                verdict.asking |= held([replace(move, asked=True) for move in mine], allowed)
                frozen.add(chain[0])
                continue
            verdict.held.update(held(mine, allowed))
        await self._wider(verdict, plain, by_account, sellers, limits, counters, there, at)
        return verdict

    async def _wider(
        self,
        verdict: Verdict,
        plain: Mapping[UUID, Move],
        by_account: Mapping[UUID, Sequence[PriceMove]],
        sellers: Mapping[UUID, UUID],
        limits: Sequence[LimitsRow],
        counters: Mapping[str, CounterRow],
        there: Circumstances,
        at: datetime,
    ) -> None:
        """Look at each seller as a whole, then at the instance; count."""
        moved: dict[UUID, list[Move]] = defaultdict(list)
        for account_id, batch in by_account.items():
            for move in batch:
                if move.offer_id not in verdict.frozen | verdict.held and not move.hidden:
                    moved[sellers[account_id]].append(plain[move.offer_id])
        for seller_id in sorted(moved):
            scope = seller_scope(seller_id)
            before = await self._before(counters[scope], seller_id, None, moved[seller_id], there, at)
            found = breach(moved[seller_id], before, allowed_for(limits, seller_id, None))
            if found is not None:
                await self._freeze(verdict, scope, seller_id, None, found)
                verdict.frozen.update(
                    move.offer_id
                    for account, batch in by_account.items()
                    if sellers[account] == seller_id
                    for move in batch
                )
                verdict.held -= verdict.frozen
                moved[seller_id] = []
        number = sum(len(batch) for batch in moved.values())
        counter = turned_over(counters[INSTANCE], at)
        found = _items(number, counter, allowed_for(limits, None, None))
        if number and found is not None:
            await self._freeze(verdict, INSTANCE, None, None, found, teller=min(sellers.values()))
            for seller_id in sorted(set(sellers.values())):
                await self._hold(seller_id, None)
            verdict.frozen.update(plain)
            verdict.held.clear()
            number = 0
        after = replace(counter, hour_moved=counter.hour_moved + number, day_moved=counter.day_moved + number)
        await self._store.count(after)

    async def _before(
        self,
        counter: CounterRow,
        seller_id: UUID,
        account_id: UUID | None,
        moves: Sequence[Move],
        there: Circumstances,
        at: datetime,
    ) -> Before:
        figures = await self._store.figures(
            seller_id=seller_id,
            account_id=account_id,
            hour=max(at - HOUR, counter.counting_since),
            day=max(at - DAY, counter.counting_since),
            offers=[move.offer_id for move in moves],
        )
        share = Decimal(figures.at_floor) * HUNDRED / max(figures.offers, 1)
        if share < counter.floor_allowed and at - counter.counting_since >= DAY:  # what was resumed had time to move
            counter = replace(counter, floor_allowed=share)
            await self._store.count(counter)
        return Before(
            offers=figures.offers,
            hour=figures.hour,
            day=figures.day,
            at_floor=figures.at_floor,
            moved=figures.moved,
            floored=figures.floored,
            floor_allowed=counter.floor_allowed,
            jumped=there.jumped.get(account_id, 0) if account_id else 0,
            looked=there.looked.get(account_id, 0) if account_id else 0,
        )

    # Freezing

    async def freeze(self, *, seller_id: UUID | None, account_id: UUID | None = None) -> UUID | None:
        """Stop everything by hand; return the freeze, or None if it was frozen.

        Raises:
            WholeInstanceError: the instance is only stopped by those who work for all sellers.
        """
        if seller_id is None and not context_of(self._session).scope.everyone:
            raise WholeInstanceError
        scope = account_scope(account_id) if account_id else seller_scope(seller_id) if seller_id else INSTANCE
        await self._store.lock_counters([(scope, seller_id)], now())
        verdict = Verdict()
        await self._freeze(verdict, scope, seller_id, account_id, Breach(Cause.BY_HAND, {}))
        return verdict.freezes[0] if verdict.freezes else None

    async def _freeze(
        self,
        verdict: Verdict,
        scope: str,
        seller_id: UUID | None,
        account_id: UUID | None,
        found: Breach,
        *,
        teller: UUID | None = None,
    ) -> None:
        """Stop a scope; *teller* is whose transaction stops the instance: its event is theirs, or nobody could add it."""
        freeze_id = new_id()
        row: dict[str, Any] = {
            "id": freeze_id,
            "scope": scope,
            "seller_id": seller_id,
            "account_id": account_id,
            "cause": str(found.cause),
            "facts": found.facts,
            "began_at": now(),
            "began_by": context_of(self._session).actor.name,
        }
        if not await self._store.freeze(row):
            return
        verdict.freezes.append(freeze_id)
        if seller_id is not None:
            await self._hold(seller_id, account_id)
        event = Frozen(
            seller_id=seller_id or teller,
            subject_id=freeze_id,
            scope=scope,
            account_id=account_id,
            cause=str(found.cause),
            facts=dict(found.facts),
        )
        await outbox.record(self._session, event)

    async def _hold(self, seller_id: UUID, account_id: UUID | None) -> None:
        await PriceService(self._session).hold(seller_id, account_id=account_id, reason=REASON)

    async def _forget_unsent(self, seller_id: UUID, account_id: UUID | None) -> None:
        """Keep what was decided before a freeze, and not sent, from being sent after it: it is decided anew."""
        await self._store.stopped(await PriceService(self._session).withdraw_unsent(seller_id, account_id=account_id))

    async def resume(self, freeze_id: UUID) -> FreezeRow:
        """Let prices move again: counts begin anew, and the share that stands at its floor now is no reason again.

        Prices that were decided before and not sent yet are not sent now: their offers are looked at again.

        Raises:
            FreezeNotFoundError: there is none, or it ended before.
            WholeInstanceError: it concerns the instance, and the caller works for some sellers only.
        """
        freeze = await self._store.lock_freeze(freeze_id)
        if freeze is None or freeze.ended_at is not None:
            raise FreezeNotFoundError(freeze=str(freeze_id))
        if freeze.seller_id is None and not context_of(self._session).scope.everyone:
            raise WholeInstanceError
        at = now()
        if freeze.seller_id is not None:  # before the counters, as a run locks them
            await self._forget_unsent(freeze.seller_id, freeze.account_id)
        scopes: list[tuple[str, UUID | None]] = [(freeze.scope, freeze.seller_id)]
        if freeze.seller_id is not None and freeze.account_id is not None:  # or the seller freezes right after
            scopes.append((seller_scope(freeze.seller_id), freeze.seller_id))
        counters = await self._store.lock_counters(scopes, at)
        await self._store.end_freeze(freeze_id, at, context_of(self._session).actor.name or "?")
        for scope, _ in scopes:
            counter = replace(
                counters[scope], counting_since=at, hour_began=at, hour_moved=0, day_began=at, day_moved=0
            )
            if freeze.seller_id is not None:
                counter = replace(counter, floor_allowed=await self._standing_at_floor(freeze, scope, at))
            await self._store.count(counter)
        if freeze.seller_id is not None and (
            freeze.account_id is not None or INSTANCE not in await self._open_scopes()
        ):
            await PriceService(self._session).resume(freeze.seller_id, account_id=freeze.account_id)
        event = Resumed(
            seller_id=freeze.seller_id, subject_id=freeze_id, scope=freeze.scope, account_id=freeze.account_id
        )
        await outbox.record(self._session, event)
        return freeze

    async def _standing_at_floor(self, freeze: FreezeRow, scope: str, at: datetime) -> Decimal:
        """Return the share of a scope that stands at its floor, with what the freeze kept from going there."""
        seller_id = freeze.seller_id
        if seller_id is None:
            return Decimal(0)
        own = await self._store.figures(seller_id=seller_id, account_id=freeze.account_id, hour=at, day=at)
        there = own
        if scope != freeze.scope:
            there = await self._store.figures(seller_id=seller_id, account_id=None, hour=at, day=at)
        seen = int(freeze.facts.get("count", "0")) if freeze.cause == Cause.FLOOR_SHARE else 0
        number = there.at_floor + max(0, seen - own.at_floor)
        return min(HUNDRED, Decimal(number) * HUNDRED / max(there.offers, 1))

    async def spread(self, seller_ids: Collection[UUID], *, frozen: bool) -> None:
        """Hold every seller's prices because the instance is frozen, or let them go again.

        A seller who is frozen on their own account stays so; an instance that was resumed meanwhile holds nobody.
        """
        prices = PriceService(self._session)
        own = await self._open_scopes()
        if frozen and INSTANCE not in own:
            return
        for seller_id in sorted(seller_ids):
            if frozen:
                await prices.hold(seller_id, reason=REASON)
            elif seller_scope(seller_id) not in own and INSTANCE not in own:
                await self._forget_unsent(seller_id, None)
                await prices.resume(seller_id)

    async def _open_scopes(self) -> set[str]:
        return {row.scope for row in await self._store.open_freezes()}

    async def open_freezes(self) -> list[FreezeRow]:
        """Return what is frozen now."""
        return await self._store.open_freezes()

    async def freezes(self) -> list[FreezeRow]:
        """Return what was frozen, the newest first."""
        return await self._store.freezes()


def account_scope(account_id: UUID) -> str:
    """Return the name of an account's counters."""
    return f"account:{account_id}"


def seller_scope(seller_id: UUID) -> str:
    """Return the name of a seller's counters."""
    return f"seller:{seller_id}"


def allowed_for(rows: Sequence[LimitsRow], seller_id: UUID | None, account_id: UUID | None) -> Allowed:
    """Return what holds for a scope: a narrower one is only ever stricter than a wider one."""
    said = [
        {name: getattr(row, name) for name in Allowed.__struct_fields__}
        for row in rows
        if (row.seller_id, row.account_id) in {(None, None), (seller_id, None), (seller_id, account_id)}
    ]
    return strictest(*said)


def turned_over(counter: CounterRow, at: datetime) -> CounterRow:
    """Return the counter with a new hour, or day, begun where one is over."""
    if at - counter.hour_began >= HOUR:
        counter = replace(counter, hour_began=at, hour_moved=0)
    if at - counter.day_began >= DAY:
        counter = replace(counter, day_began=at, day_moved=0)
    return counter


def _items(number: int, counter: CounterRow, allowed: Allowed) -> Breach | None:
    for cause, before, most in (
        (Cause.HOUR_ITEMS, counter.hour_moved, allowed.hour_items),
        (Cause.DAY_ITEMS, counter.day_moved, allowed.day_items),
    ):
        if most is not None and before + number > most:
            return Breach(cause, {"count": str(before + number), "limit": str(most)})
    return None


def reasons(verdict: Verdict) -> dict[UUID, Sentence]:
    """Return why prices are not let through."""
    return {
        **{offer_id: Sentence(HELD) for offer_id in verdict.held},
        **{offer_id: Sentence(FROZEN) for offer_id in verdict.frozen},
    }
