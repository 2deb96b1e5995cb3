"""What happens to returns by itself: reading them, and telling channels what was decided."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.channels.accounts import Mode
from entrepot.channels.connections import Connections
from entrepot.channels.contract import Capability, ProcessReport, ProcessState
from entrepot.channels.contract_returns import HandlesReturns, ReadsReturns, ReturnDecision, ReturnOutcome
from entrepot.channels.errors import CannotDoThatError, RateLimitedError
from entrepot.channels.registry import connectors
from entrepot.channels.service import ChannelService
from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.errors import EntrepotError, NotFoundError, RefusedError
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.rate_budget import BudgetSpentError
from entrepot.kit.text import N_
from entrepot.returns.domain import pause_after
from entrepot.returns.errors import RegistrationInDoubtError
from entrepot.returns.intake import RETURNS, Intake
from entrepot.returns.refs import ReturnLineRef, Taken
from entrepot.returns.repository import ReturnRepository
from entrepot.returns.service import ReturnService
from entrepot.returns.tasks import ImportReturns, TellChannel

EVERY = timedelta(minutes=30)
BATCH = 100
MOST_LOOKS = 20
"""Looks at a process before a person is asked: with the pauses between them more than an hour."""
IN_DOUBT = "?"
"""In place of a process: the channel was asked to register a return, and has not answered."""
UNSAID = N_("The channel gave no reason.")
NEVER_DONE = N_("The channel has not said for an hour what became of it. Look there, then decide again.")


class PageDone(msgspec.Struct):
    """What a page brought."""

    documents: int
    new: int
    more: bool


@job("returns.import", label=N_("Read returns"))
async def import_returns(run: Run, args: ImportReturns) -> object:
    """Sweep over the returns of an account, page after page, and take in what is new about them."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        total, number, more = Taken(), 0, True
        try:
            while more:
                number += 1
                following = partial(fetch_page, run, connections, args.account_id)
                more = (await run.step(f"page {number}", following, returns=PageDone)).more
                await _take_waiting(run, connections, args.account_id, total, f"page {number}")
        except EntrepotError as error:
            async with run.transaction() as session:
                await ChannelService(session).record_failure(args.account_id, error)
            raise
    return msgspec.to_builtins(total)


async def fetch_page(run: Run, connections: Connections, account_id: UUID) -> PageDone:
    """Fetch the next page and store its documents with the cursor behind it."""
    connector = await _connector(run, connections, account_id)
    async with run.transaction() as session:
        channels = ChannelService(session)
        account = await channels.account(account_id)
        cursor = await channels.cursor(account_id, RETURNS)
    page = await connector.fetch_returns(cursor or None)
    async with run.transaction() as session:
        channels = ChannelService(session)
        stored = await channels.store_documents(account, RETURNS, page.items)
        await channels.move_cursor(account, RETURNS, page.next)
    return PageDone(documents=len(page.items), new=len(stored.new), more=page.more)


async def _take_waiting(run: Run, connections: Connections, account_id: UUID, total: Taken, name: str) -> None:
    batch = 0
    while True:
        batch += 1
        taken = await run.step(
            f"{name}, batch {batch}", partial(take_batch, run, connections, account_id), returns=Taken
        )
        if not taken.total:
            return
        total.add(taken)
        await run.progress(total.total, 0, N_("{new} new, {changed} changed"), new=total.new, changed=total.changed)


async def take_batch(run: Run, connections: Connections, account_id: UUID) -> Taken:
    """Take in one batch of stored documents."""
    connector = await _connector(run, connections, account_id)
    async with run.transaction() as session:
        channels = ChannelService(session)
        account = await channels.account(account_id)
        waiting = await channels.pending_documents(account_id, RETURNS, limit=BATCH)
        return await Intake(session, account).run(connector, waiting) if waiting else Taken()


async def _connector(run: Run, connections: Connections, account_id: UUID) -> ReadsReturns:
    async with run.transaction() as session:
        channels = ChannelService(session, connections)
        account = await channels.account(account_id)
        account.require_read()
        connector = await channels.connector(account_id, why="read returns")
    if not isinstance(connector, ReadsReturns):
        raise CannotDoThatError(channel=account.channel, capability=Capability.READ_RETURNS)
    return connector


@job("returns.tell_channel", label=N_("Tell a channel about a return"), queue=Queue.HIGH)
async def tell_channel(run: Run, args: TellChannel) -> object:
    """Tell the channel what was decided about one line, and wait durably until it took or refused it.

    Deciding twice is harmless: a decision replaces an earlier one.  Registering twice is not.
    """
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        try:
            ref = await run.step("tell", partial(_tell, run, connections, args))
            problem = await _follow(run, connections, args, ref) if ref else None
        except (RefusedError, NotFoundError) as error:
            run.check_cancelled()
            problem = error.detail
        if problem is None:
            return {"told": False}

        async def settle() -> None:
            async with run.transaction() as session:
                await ReturnService(session).settle(args.return_id, args.line_id, problem)

        await run.step("settle", settle)
    if problem:
        await run.log("error", problem, subject=("return", args.return_id))
    return {"told": True, "problem": problem}


async def _tell(run: Run, connections: Connections, args: TellChannel) -> str:
    """Send the decision and store what to ask about its outcome; empty: there is nothing to tell."""
    async with run.transaction() as session:
        line = await ReturnService(session).to_tell(args.return_id, args.line_id)
    if line is None:
        return ""
    if line.process_ref == IN_DOUBT:
        raise RegistrationInDoubtError
    if line.process_ref:
        return line.process_ref
    handler = await _handler(run, connections, args)
    outcome = ReturnOutcome(line.outcome)
    if line.channel_return_line_id:
        decision = ReturnDecision(
            channel_return_line_id=line.channel_return_line_id, quantity=line.quantity_handled, outcome=outcome
        )
        ref = await handler.handle_return(decision)
    else:
        ref = await _register(run, handler, line, outcome)
    async with run.transaction() as session:
        await ReturnService(session).note_asked(args.line_id, ref)
    return ref


async def _register(run: Run, handler: HandlesReturns, line: ReturnLineRef, outcome: ReturnOutcome) -> str:
    """Register goods that nobody announced.  Unlike a decision, this must not be said twice."""
    async with run.transaction() as session:
        await ReturnService(session).note_asked(line.id, IN_DOUBT)
    try:
        return await handler.register_return(line.channel_line_id, line.quantity_handled, outcome)
    except (RefusedError, NotFoundError, RateLimitedError, BudgetSpentError):  # it surely was not taken
        async with run.transaction() as session:
            await ReturnService(session).note_asked(line.id, "")
        raise


async def _follow(run: Run, connections: Connections, args: TellChannel, ref: str) -> str:
    """Wait until the channel is done, longer each time; return its objection, empty if it has none."""

    async def look() -> ProcessReport:
        [report] = await (await _handler(run, connections, args)).process_states([ref])
        return report

    for number in range(MOST_LOOKS):
        await run.sleep(pause_after(number))
        report = await run.step(f"look {number + 1}", look, returns=ProcessReport)
        match report.state:
            case ProcessState.SUCCEEDED | ProcessState.GONE:  # forgotten is done long ago; the next sweep tells
                return ""
            case ProcessState.FAILED | ProcessState.TIMED_OUT:
                return report.message or UNSAID
            case ProcessState.PENDING:
                continue
    return NEVER_DONE


async def _handler(run: Run, connections: Connections, args: TellChannel) -> HandlesReturns:
    async with run.transaction() as session:
        channels = ChannelService(session, connections)
        account = await channels.account(args.account_id)
        account.require_write()
        connector = await channels.connector(args.account_id, why="handle a return")
    if not isinstance(connector, HandlesReturns):
        raise CannotDoThatError(channel=account.channel, capability=Capability.HANDLE_RETURNS)
    return connector


def import_schedule(account_id: UUID) -> str:
    """Return the name of the schedule that reads an account's returns."""
    return f"returns.import:{account_id}"


@reaction("returns.accounts", topics=["channels.account_connected", "channels.account_mode_changed"])
async def on_accounts(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Read the returns of a new account now and every half hour, and of a paused one not at all."""
    accounts = {account.id: account for account in await ChannelService(session).accounts()}
    for account_id in dict.fromkeys(event.subject_id for event in events):
        account = accounts.get(account_id)
        spec = connectors().get(account.channel) if account is not None else None
        if account is None or spec is None or Capability.READ_RETURNS not in spec.capabilities:
            continue
        if account.mode is Mode.PAUSED:
            await jobs.remove_schedule(session, import_schedule(account.id))
            continue
        task = ImportReturns(seller_id=account.seller_id, account_id=account.id)
        await jobs.set_schedule(session, import_schedule(account.id), task, every=EVERY)
        await jobs.enqueue(session, task, key=str(account.id))


@reaction("returns.orders", topics=["orders.order_imported", "orders.order_created"])
async def on_orders(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Join returns to their orders, where the return came first."""
    await ReturnRepository(session).link_orders({event.subject_id for event in events})


@reaction("returns.products", topics=["catalog.product_created", "catalog.product_changed"])
async def on_products(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Say what came back, where nobody knew."""
    found = await CatalogService(session).products({event.subject_id for event in events})
    known = [(one.seller_id, one.id, one.sku, one.gtin) for one in found.values() if one.gtin]
    if known:
        await ReturnRepository(session).link_products(known)


@reaction("returns.documents", topics=["channels.document_released"])
async def on_documents(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Take in what a person released from the inbox."""
    for event in events:
        if event.seller_id is not None and event.payload.get("kind") == RETURNS:
            account_id = UUID(event.payload["account_id"])
            task = ImportReturns(seller_id=event.seller_id, account_id=account_id)
            await jobs.enqueue(session, task, key=str(account_id), again=True)
