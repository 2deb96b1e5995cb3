"""Competing offers: what was read, what it was before, and having it read."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef
from entrepot.channels.contract_market import Competitor
from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.pricewatch.competing.contract import (
    Absence,
    GoneOffer,
    KnownCompetitor,
    MarketMoment,
    MarketRead,
    MarketRow,
    SeenOffer,
    absences,
)
from entrepot.pricewatch.competing.events import CompetingOffersChanged
from entrepot.pricewatch.competing.repository import CompetingRepository
from entrepot.pricewatch.competing.tasks import ReadCompeting

GONE_FOR = timedelta(days=30)
"""How long somebody who is sold out is remembered with the market."""
MOST_COMPETITORS = 1_000
MOST_OFFERS = 200
"""Of one market that are kept: the cheapest."""


class CompetingService:
    """Use cases of competing offers.

    Args:
        session: the running transaction.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows = CompetingRepository(session)

    async def ask(self, account: AccountRef, gtins: Collection[str], country: str = "") -> None:
        """Have GTINs read soon.  To read them now, inside a job: :func:`entrepot.pricewatch.competing.reading.read`."""
        wanted = tuple(sorted({gtin for gtin in gtins if gtin}))
        if wanted:
            task = ReadCompeting(account.seller_id, account.id, wanted, country)
            await jobs.enqueue(self._session, task, key=f"{account.id}:{country}:{_short(wanted)}", again=True)

    async def ask_again(self, account: AccountRef, gtins: Collection[str]) -> None:
        """Have GTINs read soon for every country they were read for before; those nobody ever asked for are left."""
        for country, known in sorted((await self._rows.countries(account.id, gtins)).items()):
            await self.ask(account, known, country)

    async def latest(
        self, account_ids: Collection[UUID], gtins: Collection[str], country: str | None = None
    ) -> dict[tuple[UUID, str], MarketRow]:
        """Return the markets as they were read last, by account and GTIN.

        Args:
            account_ids: whose markets.
            gtins: of what.
            country: the one that was asked for; None: any, the one that was read last if there are several.
        """
        rows = await self._rows.latest(account_ids, gtins, country)
        rows.sort(key=lambda row: (row.read_at is not None, row.read_at))
        return {(row.account_id, row.gtin): row for row in rows}

    async def markets(
        self, *, query: str = "", after: tuple[datetime, UUID, str, str] | None = None, limit: int = 50
    ) -> list[MarketRow]:
        """Return the markets that changed last, the newest first.

        Args:
            query: the beginning of a GTIN; empty: all.
            after: when the last one of the page before changed, its account, GTIN and country.
            limit: most rows.
        """
        return await self._rows.markets(query=query, after=after, limit=limit)

    async def competitors(
        self, account_ids: Collection[UUID], numbers: Collection[str]
    ) -> dict[tuple[UUID, str], KnownCompetitor]:
        """Return who competitors are, by account and the channel's number; those nobody asked about are left out."""
        if not account_ids or not numbers:
            return {}
        return {(one.account_id, one.number): one for one in await self._rows.competitors(account_ids, numbers)}

    async def known_competitors(
        self, account_id: UUID | None = None, *, limit: int = MOST_COMPETITORS
    ) -> list[KnownCompetitor]:
        """Return competitors whose names are known, by name: of one account, or of all."""
        accounts = None if account_id is None else [account_id]
        return [one for one in await self._rows.competitors(accounts, None, limit=limit) if one.name]

    async def put_competitors(
        self, account: AccountRef, found: Mapping[str, Competitor | None], read_at: datetime
    ) -> None:
        """Keep what the channel says of numbers; None: that it knows nobody."""
        rows = [
            {
                "account_id": account.id,
                "number": number,
                "seller_id": account.seller_id,
                "name": who.name if who else "",
                "rating": who.rating if who else None,
                "read_at": read_at,
            }
            for number, who in sorted(found.items())
        ]
        if rows:
            await self._rows.put_competitors(rows)

    async def history(
        self,
        gtin: str,
        since: datetime,
        *,
        account_ids: Collection[UUID] | None = None,
        country: str | None = None,
        until: datetime | None = None,
    ) -> list[MarketMoment]:
        """Return what the market of a GTIN was since, the oldest first, beginning with what held at *since*."""
        return await self.histories([gtin], since, account_ids=account_ids, country=country, until=until)

    async def histories(
        self,
        gtins: Collection[str],
        since: datetime,
        *,
        account_ids: Collection[UUID] | None = None,
        country: str | None = None,
        until: datetime | None = None,
    ) -> list[MarketMoment]:
        """Do as :meth:`history` for many GTINs at once."""
        return await self._rows.history(gtins, since, account_ids=account_ids, country=country, until=until)

    async def absences(self, account_id: UUID, gtin: str, since: datetime, *, country: str = "") -> list[Absence]:
        """Return when each competitor had nothing to sell, the latest first."""
        return absences(await self.history(gtin, since, account_ids=[account_id], country=country))

    async def store(
        self, account: AccountRef, country: str, read: Sequence[MarketRead], read_at: datetime
    ) -> tuple[str, ...]:
        """Keep what was read, add what changed to the history, and tell of it; return the GTINs that changed.

        Our own new price is kept, but nobody is told of it: whoever set it would answer to it with another one.
        """
        done = {one.gtin: one for one in read if not one.problem}
        known = await self._rows.lock(account.id, done, country)
        base = {"account_id": account.id, "country": country, "seller_id": account.seller_id}
        rows, moments, told = [], [], list[str]()
        ours = await self._rows.own_offers({offer.channel_offer_id for one in done.values() for offer in one.offers})
        for gtin in sorted(done):
            before = known.get(gtin)
            if before is not None and before.read_at is not None and before.read_at >= read_at:
                continue  # somebody read it later
            offers = tuple(sorted(done[gtin].offers, key=lambda one: (one.price, one.channel_offer_id)))[:MOST_OFFERS]
            changed = before is None or before.read_at is None or _says(before.offers) != _says(offers)
            gone = _gone(before, offers, read_at)
            plain = msgspec.to_builtins(offers)
            rows.append(
                {
                    **base,
                    "gtin": gtin,
                    "offers": plain,
                    "gone": msgspec.to_builtins(gone),
                    "read_at": read_at,
                    "changed_at": read_at if changed else None,
                    "asked_at": read_at,
                }
            )
            if changed:
                moments.append({**base, "gtin": gtin, "observed_at": read_at, "offers": plain})
                if before is None or before.read_at is None or _others(before.offers, ours) != _others(offers, ours):
                    told.append(gtin)
        await self._rows.store(rows)
        await self._rows.observe(moments)
        problems = [
            {**base, "gtin": one.gtin, "asked_at": read_at, "problem": one.problem} for one in read if one.problem
        ]
        await self._rows.store_problems(sorted(problems, key=lambda row: str(row["gtin"])))
        if told:
            await outbox.record(
                self._session,
                CompetingOffersChanged(
                    seller_id=account.seller_id, subject_id=account.id, country=country, gtins=tuple(told)
                ),
            )
        return tuple(str(row["gtin"]) for row in moments)


def _says(offers: Sequence[SeenOffer]) -> frozenset[tuple[object, ...]]:
    return frozenset(offer.says for offer in offers)


def _others(offers: Sequence[SeenOffer], ours: Collection[str]) -> frozenset[tuple[object, ...]]:
    """Return what others do, and where we stand among them."""
    return _says(
        [
            msgspec.structs.replace(offer, price=Decimal(0)) if offer.channel_offer_id in ours else offer
            for offer in offers
        ]
    )


def _gone(before: MarketRow | None, offers: Sequence[SeenOffer], read_at: datetime) -> list[GoneOffer]:
    """Return who sold it lately and does not now, the latest first."""
    if before is None:
        return []
    here = {offer.competitor for offer in offers}
    found = {one.competitor: one for one in before.gone if one.since > read_at - GONE_FOR}
    for offer in sorted(before.offers, key=lambda one: one.price, reverse=True):
        found[offer.competitor] = GoneOffer(
            competitor=offer.competitor, price=offer.price, currency=offer.currency, since=read_at
        )
    left = [one for one in found.values() if one.competitor not in here]
    return sorted(left, key=lambda one: (one.since, one.competitor), reverse=True)


def _short(gtins: tuple[str, ...]) -> str:
    return gtins[0] if len(gtins) == 1 else sha256("\n".join(gtins).encode()).hexdigest()
