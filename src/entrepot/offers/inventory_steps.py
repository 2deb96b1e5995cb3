"""The four steps of an inventory run of one channel account.

Each is a group of durable steps with names of its own: call them in this order from a job's function, not inside another
``run.step``.  A run that is resumed goes on in the batch it was in; a step that is done twice changes nothing, and one bad
offer never stops the others.
"""

from typing import Literal
from uuid import UUID

import msgspec

from entrepot.channels.connections import Connections
from entrepot.channels.service import ChannelService
from entrepot.jobs.run import Run
from entrepot.kit.text import N_
from entrepot.offers import reading, sending
from entrepot.offers.asking import read_erp
from entrepot.offers.service import OfferService
from entrepot.offers.sources import sources_of

type RunMode = Literal["full", "quick"]


class ListingsRead(msgspec.Struct, kw_only=True):
    """What step 1 found."""

    count: int = 0
    new: int = 0
    gone: int = 0
    """Offers that the channel has no more."""
    drifted: int = 0
    """Offers that said another number than the channel was told."""


class Matched(msgspec.Struct, kw_only=True):
    """What step 2 did."""

    looked: int = 0
    """Offers that had no product."""
    matched: int = 0
    unmatched: int = 0
    suggested: int = 0
    """Those of them for which something similar was found now."""


class StockRead(msgspec.Struct, kw_only=True):
    """What step 3 found."""

    changed: int = 0
    """Offers that should say another number than was decided before."""
    due: int = 0
    """Offers the channel is to be told about now."""
    source: str = "own"
    """Who counted: ``own``, ``warehouse`` or ``erp``."""
    articles: int = 0
    """Rows of stock that the ERP told."""
    problem: str = ""
    """Why the ERP could not be asked; its numbers of the last time were taken."""


class Pushed(msgspec.Struct, kw_only=True):
    """What step 4 did."""

    published: int = 0
    refused: int = 0
    held: str = ""
    """Why nothing was sent: the mode of the account."""


async def fetch_listings(
    run: Run, connections: Connections, account_id: UUID, *, mode: RunMode = "full"
) -> ListingsRead:
    """Read every offer of the account from the channel; ``quick`` reads nothing and works with what is known."""
    if mode == "quick":
        return ListingsRead()
    total = await reading.read_listing(run, connections, account_id)
    return ListingsRead(count=total.count, new=total.new, gone=total.gone, drifted=total.drifted)


async def match(run: Run, account_id: UUID) -> Matched:
    """Look for the products of the account's offers that have none; suggest similar ones for the rest."""

    async def look() -> Matched:
        async with run.transaction() as session:
            looked, matched = await OfferService(session).match_account(account_id)
            suggested = await OfferService(session).suggest(account_id) if looked > matched else 0
        return Matched(looked=looked, matched=matched, unmatched=looked - matched, suggested=suggested)

    matched = await run.step("match", look, returns=Matched)
    if matched.unmatched:
        await run.log(
            "warning",
            N_("{count} offers have no product yet."),
            count=matched.unmatched,
            subject=("channel_account", account_id),
        )
    return matched


async def read_stock(run: Run, connections: Connections, account_id: UUID) -> StockRead:  # noqa: ARG001 -- like the others
    """Ask the ERP, if the account takes its stock from one, and decide what each offer should say.

    An ERP that is away stops nothing: its numbers of the last time count, and every page says how old they are.
    """
    told = await read_erp(run, account_id)

    async def decide() -> StockRead:
        async with run.transaction() as session:
            account = await ChannelService(session).account(account_id)
            source = (await sources_of(session, [account]))[account_id].source.kind
            changed, due = await OfferService(session).decide_account(account_id)
        return StockRead(changed=changed, due=due, source=source, articles=told.articles, problem=told.problem)

    return await run.step("decide", decide, returns=StockRead)


async def push_changes(run: Run, connections: Connections, account_id: UUID) -> Pushed:
    """Tell the channel what changed, in batches; one refused offer never stops the others."""
    sent = await sending.send_all(run, connections, account_id)
    return Pushed(published=sent.published, refused=sent.refused, held=sent.held)
