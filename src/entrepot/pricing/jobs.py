"""What happens to prices by itself: looking at those whose time has come, and at those that something happened to."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import views as people
from entrepot.access.reaching import may_know
from entrepot.access.rights import Right
from entrepot.channels.connections import Connections
from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit import i18n
from entrepot.kit.clock import now
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.scope import Scope
from entrepot.kit.text import N_
from entrepot.messaging.mail import compose, send
from entrepot.messaging.telling import Notice, tell, with_a_way
from entrepot.pricing import running, views
from entrepot.pricing.backtests import jobs as backtests
from entrepot.pricing.decisions_repository import DecisionRepository
from entrepot.pricing.events import CostsChanged, Frozen, GroupChanged, Resumed, RuleChanged
from entrepot.pricing.governing import Cause
from entrepot.pricing.governor import INSTANCE, Governor
from entrepot.pricing.tasks import ForgetDecisions, LookForDue, Reprice, TellOfFreeze
from entrepot.pricing.wording import CAUSES, cause_said

LOOK_EVERY = timedelta(minutes=5)
KEEP = timedelta(days=400)
"""How long decisions are kept: a year, and the same weeks of the year before."""
MOST_BATCHES = 200
FORGET_AT_ONCE = 5_000
NO_SELLER = UUID(int=0)
SUBJECT = N_("Prices are frozen: {where}")
WHOLE = N_("the whole hub")
GOVERNOR = "/pricing/governor"
FROZEN_MAIL = N_("""Hello {name},

Entrepot stopped all price changes of {where}.

{cause}

Nothing is sent until somebody looks at it and resumes:
{link}
""")


@job("pricing.reprice", label=N_("Reprice"))
async def reprice(run: Run, args: Reprice) -> object:
    """Read the market of what is to be looked at on an account, and decide about its prices."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        return await running.work_off(run, connections, args.account_id)


@job("pricing.look_for_due", label=N_("Find prices to look at"))
async def look_for_due(run: Run, args: LookForDue) -> object:  # noqa: ARG001 -- the form of every job
    """Have everything looked at whose time has come."""

    async def look() -> int:
        async with run.transaction() as session:
            places = await DecisionRepository(session).touch_due(now())
            await running.start(session, places)
        return len(places)

    return {"accounts": await run.step("look", look)}


@job("pricing.forget", label=N_("Remove old price decisions"), queue=Queue.LOW)
async def forget(run: Run, args: ForgetDecisions) -> object:  # noqa: ARG001 -- the form of every job
    """Remove decisions that are older than anybody looks back, some thousand at a time."""

    async def remove() -> int:
        async with run.transaction() as session:
            return await DecisionRepository(session).forget(now() - KEEP, FORGET_AT_ONCE)

    total = 0
    for number in range(MOST_BATCHES):
        removed = await run.step(f"batch {number + 1}", remove)
        total += removed
        if not removed:
            break
    return {"removed": total}


@job("pricing.tell_of_freeze", label=N_("Tell of a price freeze"), queue=Queue.MAIL)
async def tell_of_freeze(run: Run, args: TellOfFreeze) -> object:
    """Tell those who may resume: in the hub and by their ways, and by mail who has none."""

    async def notify() -> list[tuple[str, str, str]]:
        async with run.transaction(Scope.all_sellers()) as session:
            resumers = await people.people_with(session, args.seller_id or NO_SELLER, Right.PRICING_APPROVE)
            ids = [UUID(one.id) for one in resumers]
            who = await may_know(session, ids, args.seller_id or NO_SELLER, Right.PRICING_APPROVE)
            if args.seller_id is None:
                return [(one.email, one.name, one.locale) for one in who]
            await tell(session, [_notice(args, args.seller_id, one.id) for one in who])
            reached = await with_a_way(session, args.seller_id, ids)
        return [(one.email, one.name, one.locale) for one in who if one.id not in reached]

    to = await run.step("tell", notify)
    if run.settings.smtp_url is None:
        await run.log("info", "no mail server is set up (ENTREPOT_SMTP_URL)")
        return {"mailed": 0}
    for number, (email, name, locale) in enumerate(to):

        async def mail(number: int = number, email: str = email, name: str = name, locale: str = locale) -> bool:
            i18n.locale.set(locale)
            where = args.where or i18n.gettext(WHOLE)
            text = i18n.gettext(FROZEN_MAIL).format(
                name=name,
                where=where,
                cause=cause_said(args.cause, args.facts).shown,
                link=f"{run.settings.address}{GOVERNOR}",
            )
            subject = i18n.gettext(SUBJECT).format(where=where)
            key = f"freeze-{args.freeze_id}-{number}"
            await send(run.settings, compose(run.settings, to=email, subject=subject, text=text, key=key))
            return True

        await run.step(f"mail {number + 1}", mail)
    return {"mailed": len(to)}


def _notice(args: TellOfFreeze, seller_id: UUID, user_id: UUID) -> Notice:
    return Notice(
        seller_id=seller_id,
        user_id=user_id,
        key=f"freeze:{args.freeze_id}",
        topic=Frozen.topic,
        needs=Right.PRICING_APPROVE,
        subject_kind=Frozen.subject_kind,
        subject_id=args.freeze_id,
        title=SUBJECT,
        body=CAUSES[Cause(args.cause)],
        facts={"where": args.where} | args.facts,
        path=GOVERNOR,
    )


async def set_up(session: AsyncSession) -> None:
    """Make the slice's own schedules."""
    await jobs.set_schedule(session, "pricing.look_for_due", LookForDue(), every=LOOK_EVERY)
    await jobs.set_schedule(
        session, "pricing.forget", ForgetDecisions(), cron="50 4 * * *", time_zone="Europe/Amsterdam"
    )
    await backtests.set_up(session)


# Reactions


@reaction("pricing.market", topics=["pricewatch.competing_offers_changed"])
async def on_market(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Look at prices whose competitors ask something else."""
    gtins: defaultdict[UUID, set[str]] = defaultdict(set)
    for event in events:
        gtins[event.subject_id].update(event.payload["gtins"])
    for account_id in sorted(gtins):
        offer_ids = await DecisionRepository(session).of_gtins(account_id, gtins[account_id])
        await running.touch(session, offer_ids, "market")


@reaction("pricing.watched", topics=["pricewatch.price_observed"])
async def on_watched(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Look at prices whose product costs something else in a watched web shop."""
    products = {UUID(event.payload["product_id"]) for event in events if event.payload.get("product_id")}
    await running.touch(session, await DecisionRepository(session).of_products(products), "watched")


@reaction("pricing.stock", topics=["inventory.stock_changed"])
async def on_stock(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Look at prices whose stock changed."""
    products = {event.subject_id for event in events}
    await running.touch(session, await DecisionRepository(session).of_products(products), "stock")


@reaction("pricing.products", topics=["catalog.product_changed"])
async def on_products(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Look at prices whose product changed: its purchase price, its tags."""
    products = {event.subject_id for event in events}
    await running.touch(session, await DecisionRepository(session).of_products(products), "costs")


@reaction("pricing.costs", topics=[CostsChanged.topic])
async def on_costs(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Look at prices whose limits may be others now."""
    decisions = DecisionRepository(session)
    whole = {event.subject_id for event in events if not event.payload["product_ids"]}
    products = {UUID(one) for event in events for one in event.payload["product_ids"]}
    offer_ids = [*await decisions.of_sellers(whole), *await decisions.of_products(products)]
    await running.touch(session, offer_ids, "costs")


@reaction("pricing.rules", topics=[RuleChanged.topic, GroupChanged.topic])
async def on_rules(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Look at every price that a rule or group is for, or was for."""
    sellers = {event.seller_id for event in events if event.seller_id is not None}
    await running.touch(session, await DecisionRepository(session).of_sellers(sellers), "rules")


@reaction("pricing.freezes", topics=[Frozen.topic])
async def on_frozen(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Hold every seller's prices if the instance is frozen, and tell those who may resume."""
    named = {one.id: one.name for one in await people.sellers(session)}
    if any(event.payload["scope"] == INSTANCE for event in events):
        await Governor(session).spread(list(named), frozen=True)
    for event in events:
        seller_id = None if event.payload["scope"] == INSTANCE else event.seller_id
        where = named.get(seller_id, "") if seller_id else ""
        task = TellOfFreeze(
            freeze_id=event.subject_id,
            seller_id=seller_id,
            cause=event.payload["cause"],
            facts=event.payload["facts"],
            where=where,
        )
        await jobs.enqueue(session, task, key=str(event.subject_id), seller_id=event.seller_id)


@reaction("pricing.resumed", topics=[Resumed.topic])
async def on_resumed(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Let prices go again, and look at those that were stopped."""
    if any(event.payload["scope"] == INSTANCE for event in events):
        await Governor(session).spread([one.id for one in await people.sellers(session)], frozen=False)
    await running.touch(session, await views.frozen_offers(session, None), "resumed")
