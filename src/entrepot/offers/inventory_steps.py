"""The four steps of an inventory run of one channel account.

Each is a group of durable steps with names of its own: call them in this order from a job's function, not inside another
``run.step``.  A run that is resumed goes on in the batch it was in; a step that is done twice changes nothing, and one bad
offer never stops the others.
"""

from typing import Literal
from uuid import UUID

import msgspec

from entrepot.channels.connections import Connections
from entrepot.jobs.run import Run
from entrepot.offers import reading, sending
from entrepot.offers.service import OfferService

type RunMode = Literal["full", "quick"]


class ListingsRead(msgspec.Struct, kw_only=True):
    """What step 1 found."""

    count: int = 0
    new: int = 0
    unmatched: int = 0


class Matched(msgspec.Struct, kw_only=True):
    """What step 2 did."""

    looked: int = 0
    """Offers that had no product."""
    matched: int = 0
    unmatched: int = 0


class StockRead(msgspec.Struct, kw_only=True):
    """What step 3 found."""

    changed: int = 0
    """Offers that should say another number than was decided before."""
    due: int = 0
    """Offers the channel is to be told about now."""
    source: str = "own"


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
    return ListingsRead(count=total.count, new=total.new, unmatched=total.unmatched)


async def match(run: Run, account_id: UUID) -> Matched:
    """Look for the products of the account's offers that have none."""

    async def look() -> Matched:
        async with run.transaction() as session:
            looked, matched = await OfferService(session).match_account(account_id)
        return Matched(looked=looked, matched=matched, unmatched=looked - matched)

    return await run.step("match", look, returns=Matched)


async def read_stock(run: Run, connections: Connections, account_id: UUID) -> StockRead:  # noqa: ARG001 -- the ERP needs it
    """Take the stock as it is now, and decide what each offer should say."""

    async def look() -> StockRead:
        async with run.transaction() as session:
            changed, due = await OfferService(session).decide_account(account_id)
        return StockRead(changed=changed, due=due)

    return await run.step("decide", look, returns=StockRead)


async def push_changes(run: Run, connections: Connections, account_id: UUID) -> Pushed:
    """Tell the channel what changed, in batches."""
    sent = await sending.send_all(run, connections, account_id)
    return Pushed(published=sent.published, refused=sent.refused, held=sent.held)
