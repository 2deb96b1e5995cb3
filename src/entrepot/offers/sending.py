"""Telling a channel the numbers it has wrong."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef, Mode
from entrepot.channels.connections import Connections
from entrepot.channels.contract import Capability, PublishesStock, StockOutcome, StockUpdate
from entrepot.channels.errors import CannotDoThatError
from entrepot.channels.service import ChannelService
from entrepot.jobs.run import Run
from entrepot.kit import outbox
from entrepot.kit.errors import EntrepotError
from entrepot.kit.text import N_
from entrepot.offers.events import OfferPublished, OfferRefused
from entrepot.offers.reading import record_failure
from entrepot.offers.repository import OfferRepository
from entrepot.offers.rows import Claimed
from entrepot.offers.rules_repository import RulesRepository

BATCH = 50
"""Offers told to a channel in one step."""


class Sent(msgspec.Struct):
    """What became of a batch."""

    published: int = 0
    refused: int = 0
    held: str = ""
    """Why nothing was sent: the mode of the account."""

    @property
    def total(self) -> int:
        return self.published + self.refused


async def send_all(run: Run, connections: Connections, account_id: UUID) -> Sent:
    """Tell the channel every number that is due; each batch is a durable step."""
    total, number = Sent(), 0
    while True:
        number += 1
        sent = await run.step(f"batch {number}", lambda: send_batch(run, connections, account_id), returns=Sent)
        total = Sent(total.published + sent.published, total.refused + sent.refused, sent.held)
        if not sent.total:
            if not sent.held:
                await _pause_if_wanted(run, account_id)
            return total
        await run.progress(
            total.total,
            0,
            N_("{published} published, {refused} refused"),
            published=total.published,
            refused=total.refused,
        )


async def _pause_if_wanted(run: Run, account_id: UUID) -> None:
    """Pause an account of which somebody wanted that, now that the channel knows there is nothing."""
    async with run.transaction() as session:
        rules = (await RulesRepository(session).find([account_id])).get(account_id)
        if rules is None or not rules.pause_account or await OfferRepository(session).shows_something(account_id):
            return
        await RulesRepository(session).change(account_id, {"pause_account": False})
        await ChannelService(session).switch(account_id, Mode.PAUSED)
    await run.log(
        "info",
        N_("The channel shows no stock any more; the account is paused, as somebody wanted."),
        subject=("channel_account", account_id),
    )


async def send_batch(run: Run, connections: Connections, account_id: UUID) -> Sent:
    """Mark some offers as being sent, send them, and store what became of each.

    The mark is committed before the call.  Whatever ends this run between the call and its outcome, the offers stay due
    and are sent again: telling a channel the same number twice changes nothing.
    """
    async with run.transaction() as session:
        account = await ChannelService(session).account(account_id)
        if not account.may_write:
            return Sent(held=str(account.mode))
        claimed = await OfferRepository(session).claim(account_id, run.id, limit=BATCH)
        if not claimed:
            return Sent()
        connector = await ChannelService(session, connections).connector(account_id, why="publish stock")
    if not isinstance(connector, PublishesStock):
        raise CannotDoThatError(channel=account.channel, capability=Capability.PUBLISH_STOCK)
    updates = [StockUpdate(channel_offer_id=offer.channel_offer_id, quantity=offer.quantity) for offer in claimed]
    try:
        outcomes = await connector.publish_stock(updates)
    except EntrepotError as error:
        async with run.transaction() as session:
            await OfferRepository(session).give_up(account_id, run.id)
        await record_failure(run, account_id, error)
        raise
    async with run.transaction() as session:
        await _settle(session, run, account, list(zip(claimed, outcomes, strict=True)))
    refused = [outcome for outcome in outcomes if not outcome.applied]
    for offer, outcome in zip(claimed, outcomes, strict=True):
        if not outcome.applied:
            await run.log(
                "error",
                N_("The channel refused {quantity} for offer {offer}: {problem}"),
                quantity=offer.quantity,
                offer=offer.channel_offer_id,
                problem=outcome.problem,
                subject=("offer", offer.id),
            )
    return Sent(published=len(outcomes) - len(refused), refused=len(refused))


async def _settle(
    session: AsyncSession, run: Run, account: AccountRef, results: Sequence[tuple[Claimed, StockOutcome]]
) -> None:
    rows = [
        {
            "id": offer.id,
            "quantity": offer.quantity,
            "applied": outcome.applied,
            "problem": outcome.problem or "?",
            "derivation": {**offer.derivation, "mode": str(account.mode)},
        }
        for offer, outcome in results
    ]
    await OfferRepository(session).settle(run.id, rows)
    past = RulesRepository(session)
    await past.add_pushes(
        [
            {
                "seller_id": account.seller_id,
                "account_id": account.id,
                "offer_id": offer.id,
                "quantity": offer.quantity,
                "before": offer.before,
                "applied": outcome.applied,
                "problem": "" if outcome.applied else outcome.problem or "?",
                "derivation": {**offer.derivation, "mode": str(account.mode)},
                "run_id": run.id,
            }
            for offer, outcome in results
        ]
    )
    await past.repaired([offer.id for offer, outcome in results if outcome.applied])
    await outbox.record(
        session,
        *(
            OfferPublished(
                seller_id=account.seller_id,
                subject_id=offer.id,
                quantity=offer.quantity,
                before=offer.before,
                derivation={**offer.derivation, "mode": str(account.mode)},
            )
            if outcome.applied
            else OfferRefused(
                seller_id=account.seller_id, subject_id=offer.id, quantity=offer.quantity, problem=outcome.problem
            )
            for offer, outcome in results
        ),
    )
