"""Deciding what offers should cost, and having sent what changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef
from entrepot.channels.contract import Capability
from entrepot.channels.registry import connectors
from entrepot.channels.service import ChannelService
from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_
from entrepot.offers.prices.derivation import Input, PriceDerivation
from entrepot.offers.prices.domain import Candidate, Decided, Held, Source, decide
from entrepot.offers.prices.events import PriceWanted
from entrepot.offers.prices.planned_repository import PlannedRepository
from entrepot.offers.prices.repository import PriceRepository
from entrepot.offers.prices.rows import PriceRow
from entrepot.offers.prices.tasks import PublishPrices
from entrepot.offers.prices.wanting import Guard, PriceMove

SET_BY = N_("Set by hand")
NOTHING_BEFORE: Mapping[UUID, PriceRow] = {}
LET_GO = N_("It stays until a person lets go of it.")


@dataclass(slots=True)
class Turned:
    """What became of deciding anew."""

    decided: dict[UUID, Decided] = field(default_factory=dict[UUID, Decided])
    changed: set[UUID] = field(default_factory=set[UUID])
    """Offers that should cost something else than before."""
    refused: dict[UUID, Sentence] = field(default_factory=dict[UUID, Sentence])


class PriceWork:
    """What every use case of prices begins with."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._prices = PriceRepository(session)
        self._planned = PlannedRepository(session)
        self._channels = ChannelService(session)
        self._told: set[UUID] | None = None

    async def _can_tell(self) -> set[UUID]:
        """Return the accounts whose channels can be told prices; on others nothing is decided."""
        if self._told is None:
            self._told = {account.id for account in await self._channels.accounts() if takes_prices(account)}
        return self._told

    async def _lock_rows(self, offer_ids: Collection[UUID]) -> dict[UUID, PriceRow]:
        ids = sorted(set(offer_ids))
        await self._prices.ensure(ids)
        return {row.offer_id: row for row in await self._prices.lock(ids)}

    async def _turn(
        self,
        rows: Sequence[PriceRow],
        *,
        guard: Guard | None = None,
        before: Mapping[UUID, PriceRow] = NOTHING_BEFORE,
    ) -> Turned:
        """Decide anew about locked rows, whose own candidates may have changed; store it and have it sent.

        Args:
            rows: as they are to be.
            guard: looks at what is about to change.
            before: the rows as they are stored; a rule's price that does not count yet is shown to the guard too.
        """
        turned = Turned()
        if not rows:
            return turned
        at = now()
        planned = await self._planned.candidates([row.offer_id for row in rows], at)
        able = await self._can_tell()
        decisions = {
            row.offer_id: _decided(row, planned.get(row.offer_id, []), at)
            if row.account_id in able
            else Decided(price=None, source=None)
            for row in rows
        }
        if guard is not None:
            moves = [
                move
                for row in rows
                if (move := _hidden(row, decisions[row.offer_id], before) or _move(row, decisions[row.offer_id]))
            ]
            turned.refused.update(await guard(moves) if moves else {})
        kept = [row for row in rows if row.offer_id not in turned.refused]
        events: list[PriceWanted] = []
        for row in kept:
            decided = turned.decided[row.offer_id] = decisions[row.offer_id]
            if decided.price != row.wanted_price:
                turned.changed.add(row.offer_id)
                events.append(_event(row, decided))
        await self._prices.write([_written(row, decisions[row.offer_id], at) for row in kept])
        await outbox.record(self._session, *events)
        sellers = {row.seller_id for row in kept if row.offer_id in turned.changed}
        for seller_id in sorted(sellers):
            await self.publish_due(seller_id)
        return turned

    async def publish_due(self, seller_id: UUID | None = None) -> int:
        """Start publishing to the accounts that have prices to be told and may be told; return how many."""
        due = await self._prices.accounts_due(seller_id)
        if not due:
            return 0
        accounts = [
            account
            for account in await self._channels.accounts(seller_id=seller_id)
            if account.id in due and account.may_write and takes_prices(account)
        ]
        for account in accounts:
            await self._publish(account.seller_id, account.id)
        return len(accounts)

    async def _publish(self, seller_id: UUID, account_id: UUID) -> UUID:
        task = PublishPrices(seller_id=seller_id, account_id=account_id)
        return await jobs.enqueue(self._session, task, key=str(account_id), again=True)


def takes_prices(account: AccountRef) -> bool:
    """Whether the channel of an account can be told prices."""
    spec = connectors().get(account.channel)
    return spec is not None and Capability.MANAGE_OFFERS in spec.capabilities


def own_candidates(row: PriceRow) -> list[Candidate]:
    """Return what a person and pricing want of an offer."""
    candidates: list[Candidate] = []
    if row.locked and row.manual_price is not None:
        derivation = PriceDerivation(
            source=str(Source.MANUAL),
            inputs=(
                Input(name=SET_BY, value=f"{row.currency} {row.manual_price}", source=row.locked_by, at=row.locked_at),
            ),
            steps=(Sentence(row.manual_reason),) if row.manual_reason else (),
            changes=(Sentence(LET_GO),),
        )
        candidates.append(Candidate(source=Source.MANUAL, price=row.manual_price, derivation=derivation.stored()))
    if row.rule_price is not None:
        candidates.append(
            Candidate(
                source=Source.RULE,
                price=row.rule_price,
                source_id=row.rule_source_id,
                derivation=row.rule_derivation or {"source": "rule"},
            )
        )
    return candidates


def _decided(row: PriceRow, planned: Sequence[Candidate], at: datetime) -> Decided:
    held = Held(
        price=row.wanted_price,
        source=Source(row.wanted_source) if row.wanted_source else None,
        source_id=row.wanted_source_id,
        published=row.published_price,
        base=row.base_price,
        sending=row.sending_by is not None,
    )
    return decide(held, [*own_candidates(row), *planned], at)


def _move(row: PriceRow, decided: Decided) -> PriceMove | None:
    if decided.price is None or decided.source is None or decided.price == row.wanted_price:
        return None
    before = row.wanted_price if row.wanted_price is not None else row.published_price
    return PriceMove(
        offer_id=row.offer_id,
        seller_id=row.seller_id,
        account_id=row.account_id,
        currency=row.currency,
        before=before,
        after=decided.price,
        source=decided.source,
    )


def _hidden(row: PriceRow, decided: Decided, stored: Mapping[UUID, PriceRow]) -> PriceMove | None:
    """Return what a rule's price will change once what is stronger ends: nobody looks at it again then."""
    before = stored.get(row.offer_id)
    if before is None or decided.source is Source.RULE:
        return None
    if row.rule_price is None or row.rule_price == before.rule_price:
        return None
    would_be = (before.rule_price, before.base_price, before.wanted_price, before.published_price)
    return PriceMove(
        offer_id=row.offer_id,
        seller_id=row.seller_id,
        account_id=row.account_id,
        currency=row.currency,
        before=next((price for price in would_be if price is not None), None),
        after=row.rule_price,
        source=Source.RULE,
        hidden=True,
    )


def _written(row: PriceRow, decided: Decided, at: datetime) -> PriceRow:
    """Return the row as it is stored.  A new price is worth trying although the old one was refused."""
    changed = decided.price != row.wanted_price
    return replace(
        row,
        wanted_price=decided.price,
        wanted_source="" if decided.source is None else str(decided.source),
        wanted_source_id=decided.source_id,
        wanted_at=at if changed else row.wanted_at,
        derivation=decided.derivation,
        base_price=decided.base,
        problem="" if changed else row.problem,
    )


def _event(row: PriceRow, decided: Decided) -> PriceWanted:
    return PriceWanted(
        seller_id=row.seller_id,
        subject_id=row.offer_id,
        price=decided.price,
        before=row.wanted_price,
        currency=row.currency,
        source="" if decided.source is None else str(decided.source),
    )
