"""Backtests: begun, carried out in batches, kept, compared, removed."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.pricing.backtests.errors import BacktestNotFoundError, NothingToReplayError
from entrepot.pricing.backtests.events import BacktestBegun, BacktestEnded, BacktestProgressed
from entrepot.pricing.backtests.gathering import Case, Gathering
from entrepot.pricing.backtests.refs import (
    DONE,
    FAILED,
    RUNNING,
    BacktestRef,
    OfferRef,
    Parameters,
    Result,
    Side,
    plain,
)
from entrepot.pricing.backtests.replaying import Replayed, added, replay, rounded
from entrepot.pricing.backtests.repository import BacktestRepository
from entrepot.pricing.backtests.tasks import RunBacktest
from entrepot.pricing.domain.history import Assumptions
from entrepot.pricing.errors import VersionNotFoundError
from entrepot.pricing.groups import GroupService
from entrepot.pricing.rules import RuleService

MOST_DAYS = 182
MOST_OFFERS = 2000
LONGEST_NAME = 100


class BacktestService:
    """Use cases of backtests.

    Args:
        session: the running transaction.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows = BacktestRepository(session)

    async def backtest(self, backtest_id: UUID) -> BacktestRef:
        """Return one backtest.

        Raises:
            BacktestNotFoundError: there is none.
        """
        found = await self._rows.backtests(ids=[backtest_id])
        if not found:
            raise BacktestNotFoundError(backtest=str(backtest_id))
        return found[0]

    async def begin(
        self,
        sides: Sequence[Side],
        *,
        name: str = "",
        days: int = 28,
        most_offers: int = 500,
        assume: Assumptions | None = None,
    ) -> BacktestRef:
        """Have one or two rule sets tried on the last *days* days; the offers are those of the first one's group.

        Raises:
            GroupNotFoundError: a side names no group of the caller's.
            RuleNotFoundError: a side names no rule of the caller's.
            VersionNotFoundError: the rule never had that version.
            InvalidInputError: a number makes no sense.
        """
        assume = assume or Assumptions()
        self._check(sides, days, most_offers, assume)
        named = [await self._named(side) for side in sides]
        seller_id = (await GroupService(self._session).group(named[0].group_id)).seller_id
        at = now().replace(minute=0, second=0, microsecond=0)
        parameters = Parameters(
            sides=tuple(named),
            days=days,
            begins=at - timedelta(days=days),
            ends=at,
            assume=assume,
            most_offers=most_offers,
        )
        called = name.strip()[:LONGEST_NAME] or " / ".join(side.name for side in named)[:LONGEST_NAME]
        backtest_id = new_id()
        await self._rows.add(
            {
                "id": backtest_id,
                "seller_id": seller_id,
                "name": called,
                "parameters": plain(parameters),
                "created_by": context_of(self._session).actor.name,
            }
        )
        await outbox.record(self._session, BacktestBegun(seller_id=seller_id, subject_id=backtest_id, name=called))
        task = RunBacktest(seller_id=seller_id, backtest_id=backtest_id)
        await jobs.enqueue(self._session, task, key=str(backtest_id))
        return await self.backtest(backtest_id)

    async def again(self, backtest_id: UUID) -> BacktestRef:
        """Begin the same backtest anew, up to now."""
        before = await self.backtest(backtest_id)
        asked = before.parameters
        return await self.begin(
            [msgspec.structs.replace(side, name="") for side in asked.sides],
            name=before.name,
            days=asked.days,
            most_offers=asked.most_offers,
            assume=asked.assume,
        )

    async def remove(self, backtest_id: UUID) -> None:
        """Remove a backtest.

        Raises:
            BacktestNotFoundError: there is none.
        """
        if not await self._rows.remove(backtest_id):
            raise BacktestNotFoundError(backtest=str(backtest_id))

    async def offers(self, backtest_id: UUID, *, query: str = "", after: str = "", limit: int = 50) -> list[OfferRef]:
        """Return what came of single offers, by SKU; *after* is ``SKU|id`` of the last one."""
        return await self._rows.offers(backtest_id, query=query, after=after, limit=limit)

    async def offer(self, backtest_id: UUID, offer_id: UUID) -> OfferRef | None:
        """Return one offer with its curves."""
        return await self._rows.offer(backtest_id, offer_id)

    # What the job does

    async def plan(self, backtest_id: UUID) -> list[UUID]:
        """Choose the offers, and say that it runs.

        Raises:
            NothingToReplayError: there are none.
        """
        found = await self.backtest(backtest_id)
        asked = found.parameters
        group_id = asked.sides[0].group_id
        offer_ids, _ = await self._rows.recorded_offers(group_id, asked.begins, asked.ends, asked.most_offers)
        if not offer_ids:
            raise NothingToReplayError(name=asked.sides[0].name)
        await self._rows.change(backtest_id, {"state": RUNNING, "offers": len(offer_ids), "done": 0})
        return offer_ids

    async def cases(self, backtest_id: UUID, offer_ids: Sequence[UUID]) -> tuple[Parameters, list[Case]]:
        """Return what is to be replayed."""
        parameters = (await self.backtest(backtest_id)).parameters
        return parameters, await Gathering(self._session).cases(parameters, offer_ids)

    async def keep(
        self, backtest_id: UUID, seller_id: UUID, done: Sequence[tuple[Case, Replayed]], *, count: int
    ) -> None:
        """Keep what came of a batch."""
        await self._rows.put_offers(
            [
                {
                    "backtest_id": backtest_id,
                    "offer_id": case.offer.id,
                    "seller_id": seller_id,
                    "sku": case.offer.sku,
                    "title": case.offer.title,
                    "currency": case.offer.currency,
                    "result": plain(replayed.result),
                }
                for case, replayed in done
            ]
        )
        if await self._rows.change(backtest_id, {"done": count}):
            found = await self.backtest(backtest_id)
            event = BacktestProgressed(seller_id=seller_id, subject_id=backtest_id, done=count, offers=found.offers)
            await outbox.record(self._session, event)

    async def finish(self, backtest_id: UUID, result: Result) -> None:
        """Keep the sums."""
        found = await self.backtest(backtest_id)
        asked = found.parameters
        _, others = await self._rows.recorded_offers(
            asked.sides[0].group_id, asked.begins, asked.ends, asked.most_offers
        )
        whole = rounded(msgspec.structs.replace(result, without_market=others))
        await self._rows.change(
            backtest_id, {"state": DONE, "result": plain(whole), "finished_at": now(), "problem": ""}
        )
        await self._told(found, DONE)

    async def fail(self, backtest_id: UUID, problem: str) -> None:
        """Say why there is no result."""
        found = await self.backtest(backtest_id)
        await self._rows.change(backtest_id, {"state": FAILED, "problem": problem, "finished_at": now()})
        await self._told(found, FAILED)

    # Inside

    async def _told(self, found: BacktestRef, state: str) -> None:
        event = BacktestEnded(seller_id=found.seller_id, subject_id=found.id, name=found.name, state=state)
        await outbox.record(self._session, event)

    async def _named(self, side: Side) -> Side:
        group = await GroupService(self._session).group(side.group_id)
        if side.rule_id is None:
            return msgspec.structs.replace(side, name=group.name, version=None)
        rules = RuleService(self._session)
        rule = await rules.rule(side.rule_id)
        version = side.version or rule.version
        if all(one.version != version for one in await rules.versions(rule.id)):
            raise VersionNotFoundError(rule=rule.name, version=version)
        return Side(group_id=rule.group_id, rule_id=rule.id, version=version, name=f"{rule.name} ({version})")

    @staticmethod
    def _check(sides: Sequence[Side], days: int, most_offers: int, assume: Assumptions) -> None:
        problems: dict[str, str] = {}
        if not 1 <= len(sides) <= 2:  # noqa: PLR2004 -- one, or one against another
            problems["first"] = gettext(N_("Choose one rule set, or two to compare."))
        if not 1 <= days <= MOST_DAYS:
            problems["days"] = gettext(N_("Enter a number of days from 1 to 182."))
        if not 1 <= most_offers <= MOST_OFFERS:
            problems["most_offers"] = gettext(N_("Enter a number of offers from 1 to 2000."))
        demand, box = assume.demand, assume.box
        if not 0 < demand.units_per_day <= Decimal(100_000):
            problems["units_per_day"] = gettext(N_("Enter how many are sold a day, more than 0."))
        if not 0 <= demand.elasticity <= 10:  # noqa: PLR2004 -- beyond it nobody buys at all
            problems["elasticity"] = gettext(N_("Enter a number from 0 to 10."))
        if not 0 <= demand.box_percent <= 100:  # noqa: PLR2004 -- percent
            problems["box_percent"] = gettext(N_("Enter a percentage from 0 to 100."))
        if not 5 <= assume.every_minutes <= 24 * 60:  # noqa: PLR2004 -- minutes
            problems["every_minutes"] = gettext(N_("Enter a number of minutes from 5 to 1440."))
        if not (0 <= box.channel_percent <= 50 and 0 <= box.day_percent <= 50 and 0 <= box.margin_percent <= 50):  # noqa: PLR2004 -- percent
            problems["channel_percent"] = gettext(N_("Enter percentages from 0 to 50."))
        if problems:
            raise InvalidInputError(problems)


async def replayed(cases: Sequence[Case], assume: Assumptions) -> list[tuple[Case, Replayed]]:
    """Replay cases beside the event loop, one after the other."""
    return [(case, await asyncio.to_thread(replay, case, assume)) for case in cases]


def sums(done: Sequence[tuple[Case, Replayed]]) -> Result:
    """Add a batch up."""
    return added(one.part for _, one in done)
