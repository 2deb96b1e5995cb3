"""How offers stand, and why: what the pages and the API say to "why does the channel not show my stock"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef, Health
from entrepot.channels.contract import Capability
from entrepot.channels.registry import connectors
from entrepot.channels.service import ChannelService
from entrepot.jobs import views as jobs
from entrepot.kit.clock import now
from entrepot.kit.sql import text
from entrepot.offers import views
from entrepot.offers.causes import Cause, Finding, Situation, findings
from entrepot.offers.domain import Derivation
from entrepot.offers.rules_repository import RulesRepository, RulesRow

DRIFT_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Standing:
    """An offer, and what plays a part in what the channel shows of it."""

    offer: views.OfferView
    findings: list[Finding]
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """What one channel account shows of a product."""

    account: AccountRef
    offers: list[Standing]
    findings: list[Finding]
    """Why it shows nothing, where there is no offer."""
    perhaps: UUID | None = None
    """An offer without product that looks like it."""


async def standings(session: AsyncSession, offers: Sequence[views.OfferView]) -> list[Standing]:
    """Return why each of these offers shows what it shows."""
    if not offers:
        return []
    account_ids = {offer.account.id for offer in offers}
    rules = await RulesRepository(session).find(account_ids)
    planned = await _planned(session, account_ids)
    drifts = await _open_drifts(session, [offer.facts.id for offer in offers])
    present = now()
    answers: list[Standing] = []
    for offer in offers:
        facts, account = offer.facts, offer.account
        kept = rules.get(account.id, RulesRow(account_id=account.id))
        situation = Situation(
            state=facts.state,
            account=account.name,
            mode=str(account.mode),
            rejected=account.health is Health.REJECTED,
            derivation=offer.now,
            published=facts.published_quantity,
            channel_quantity=facts.channel_quantity,
            problem=facts.problem,
            on_hold=facts.on_hold,
            sending=facts.sending_by is not None and facts.sending_at is not None,
            oldest=timedelta(minutes=kept.oldest_minutes),
            gone_at=facts.gone_at,
            last_seen_at=facts.last_seen_at,
            next_at=planned.get(account.id),
            drifted=drifts.get(facts.id),
        )
        answers.append(Standing(offer, findings(situation, present), planned.get(account.id)))
    return answers


async def product_standing(session: AsyncSession, seller_id: UUID, product_id: UUID) -> list[AccountStanding]:
    """Return what every channel account of a seller shows of a product, and why."""
    offers = await views.offers(session, product_id=product_id, limit=200)
    known = await standings(session, offers)
    found = await session.execute(
        text(
            "SELECT DISTINCT ON (account_id) account_id, id FROM offer"
            " WHERE seller_id = :seller AND state = 'unmatched' AND suggested_product_id = :product"
        ),
        {"seller": seller_id, "product": product_id},
    )
    alike = {row.account_id: row.id for row in found}
    answers: list[AccountStanding] = []
    for account in await ChannelService(session).accounts(seller_id=seller_id):
        spec = connectors().get(account.channel)
        if spec is None or Capability.READ_OFFERS not in spec.capabilities:
            continue
        own = [standing for standing in known if standing.offer.account.id == account.id]
        missing: list[Finding] = []
        if not own:
            cause = Cause.PERHAPS_UNMATCHED if account.id in alike else Cause.NOT_OFFERED
            missing = [Finding(cause, {"account": account.name})]
        answers.append(AccountStanding(account, own, missing, alike.get(account.id)))
    return answers


async def _planned(session: AsyncSession, account_ids: set[UUID]) -> dict[UUID, datetime]:
    """Return when each account is looked at next, by whatever runs for it."""
    names = {str(account_id): account_id for account_id in account_ids}
    planned: dict[UUID, datetime] = {}
    for schedule in await jobs.list_schedules(session):
        account_id = names.get(str(schedule.args.get("account_id", "")))
        everything = schedule.job == "offers.compare"
        if schedule.paused or (account_id is None and not everything):
            continue
        if not everything and schedule.job not in {"offers.refresh", "flows.inventory_run"}:
            continue
        for one in [account_id] if account_id else account_ids:
            planned[one] = min(planned.get(one, schedule.next_run_at), schedule.next_run_at)
    return planned


async def _open_drifts(session: AsyncSession, offer_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    found = await session.execute(
        text(
            "SELECT DISTINCT ON (offer_id) offer_id, told, found FROM offer_drift"
            " WHERE offer_id = ANY(:ids) AND repaired_at IS NULL ORDER BY offer_id, id DESC"
        ),
        {"ids": list(offer_ids)},
    )
    return {row.offer_id: (row.told, row.found) for row in found}


# The past


class PushView(msgspec.Struct, frozen=True, kw_only=True):
    """A number that the channel was told."""

    id: int
    quantity: int
    before: int | None
    applied: bool
    problem: str
    """What the channel answered instead of taking it."""
    why: Derivation
    run_id: UUID
    pushed_at: datetime


async def pushes(
    session: AsyncSession, offer_id: UUID, *, before: int | None = None, limit: int = 20
) -> list[PushView]:
    """Return what a channel was told of an offer, the newest first."""
    found = await session.execute(
        text(
            "SELECT id, quantity, before, applied, problem, derivation, run_id, pushed_at FROM offer_push"
            " WHERE offer_id = :offer AND (CAST(:before AS bigint) IS NULL OR id < :before)"
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"offer": offer_id, "before": before, "limit": limit},
    )
    rows: list[dict[str, Any]] = [dict(row) for row in found.mappings()]
    return [PushView(why=msgspec.convert(row.pop("derivation"), Derivation), **row) for row in rows]


class DriftView(msgspec.Struct, frozen=True, kw_only=True):
    """A difference between what a channel was told and what it said."""

    offer_id: UUID
    sku: str
    title: str
    told: int
    found: int
    found_at: datetime
    repaired_at: datetime | None


async def drifts(session: AsyncSession, account_id: UUID, *, limit: int = 50) -> list[DriftView]:
    """Return the differences found on an account, the newest first."""
    found = await session.execute(
        text(
            "SELECT d.offer_id, o.sku, o.title, d.told, d.found, d.found_at, d.repaired_at FROM offer_drift d"
            " JOIN offer o ON o.id = d.offer_id WHERE d.account_id = :account ORDER BY d.id DESC LIMIT :limit"
        ),
        {"account": account_id, "limit": limit},
    )
    return [DriftView(**row) for row in found.mappings()]


@dataclass(frozen=True, slots=True)
class AccountStock:
    """The stock of one channel account in numbers."""

    account: AccountRef
    rules: RulesRow
    source: str
    """Who counts: ``own``, ``warehouse`` or ``erp``."""
    source_name: str
    source_read_at: datetime | None
    states: dict[str, int]
    looked: int
    """Offers compared with what the channel was told, in the last seven days."""
    differed: int

    @property
    def drift(self) -> float | None:
        """The share of compared offers that differed; None: none was compared."""
        return self.differed / self.looked if self.looked else None


async def account_stocks(session: AsyncSession, *, account_id: UUID | None = None) -> list[AccountStock]:
    """Return the stock of channel accounts in numbers, by name."""
    accounts = [
        account
        for account in await ChannelService(session).accounts()
        if account_id in {None, account.id}
        and (spec := connectors().get(account.channel)) is not None
        and Capability.READ_OFFERS in spec.capabilities
    ]
    ids = [account.id for account in accounts]
    rules = await RulesRepository(session).find(ids)
    figures = await RulesRepository(session).figures(ids, within=DRIFT_WITHIN)
    sources = await views.sources(session, accounts)
    found = await session.execute(
        text("SELECT account_id, state, count(*) AS n FROM offer WHERE account_id = ANY(:ids) GROUP BY 1, 2"),
        {"ids": ids},
    )
    states: dict[UUID, dict[str, int]] = {}
    for row in found:
        states.setdefault(row.account_id, {})[row.state] = row.n
    return [
        AccountStock(
            account,
            rules.get(account.id, RulesRow(account_id=account.id)),
            sources[account.id].kind,
            sources[account.id].name,
            sources[account.id].read_at,
            states.get(account.id, {}),
            *figures.get(account.id, (0, 0)),
        )
        for account in accounts
    ]
