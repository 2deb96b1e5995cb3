"""Sends notifications outside: claimed first, sent without a transaction, then settled.

A worker that dies between sending and settling leaves a claim behind.  The services have no key by which they would
know a message again, so whoever finds such a claim after some minutes sends it once more and marks it as repeated; cut
off a second time, it is given up.  Mail carries the same Message-ID both times.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.reaching import Reached, may_know, reach
from entrepot.access.rights import Right
from entrepot.jobs.run import Run
from entrepot.kit import i18n, outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError, RefusedError
from entrepot.kit.scope import Scope
from entrepot.kit.sentence import sentence
from entrepot.kit.text import N_
from entrepot.messaging.domain import RETRIES, awake
from entrepot.messaging.drawing import draw
from entrepot.messaging.errors import CutOffError, MailNotSetUpError
from entrepot.messaging.events import WayTried
from entrepot.messaging.mail import Attachment, compose, send
from entrepot.messaging.models import Notification, NotificationWay
from entrepot.messaging.outside import deliver
from entrepot.messaging.repository import NotificationRepository
from entrepot.messaging.tasks import SendNotifications
from entrepot.messaging.telling import USUAL, Curve, send_at
from entrepot.messaging.wording import said

AT_ONCE = 25
"""Notifications in one message."""
MOST_MESSAGES = 200
MANY = N_("{count} notifications")
WHY = N_("You get this because you asked for it. Change it at {address}")
TEST_TITLE = N_("A test from Entrepot")
TEST_BODY = N_("If you can read this, “{name}” works. Nothing happened; somebody pressed the test button.")


class Message(msgspec.Struct, frozen=True):
    """What goes out."""

    key: str
    title: str
    body: str
    picture: Attachment | None = None


async def send_due(run: Run, args: SendNotifications) -> dict[str, int]:
    """Send a user everything that is due, way by way."""
    sent = failed = 0
    for _ in range(MOST_MESSAGES):
        async with run.transaction(Scope.of(args.seller_id)) as session:
            if await _sleeps(session, args):
                break
            repository = NotificationRepository(session)
            rows = await repository.claim(args.seller_id, args.user_id, now(), AT_ONCE)
            if not rows:
                break
            way = await repository.way(rows[0]["way_id"])
            told = await repository.notifications([row["notification_id"] for row in rows])
        person, known = await _may_know(run, args, told)
        if way is None or not way.enabled or person is None or not known:
            await _settle(run, args, rows, "failed")
            continue
        ok = await _send_one(run, args, way, person, rows, known)
        sent, failed = sent + ok, failed + (not ok)
    return {"messages": sent, "failed": failed}


async def _sleeps(session: AsyncSession, args: SendNotifications) -> bool:
    """Put off what is due while quiet hours hold: a late message, a retry, or one from before they were set."""
    repository, moment = NotificationRepository(session), now()
    timing = (await repository.timings([args.user_id])).get((args.seller_id, args.user_id), USUAL)
    until = awake(timing, moment)
    if until <= moment:
        return False
    if await repository.put_off(args.seller_id, args.user_id, moment, until):
        await send_at(session, args.seller_id, args.user_id, until, moment)
    return True


async def _may_know(
    run: Run, args: SendNotifications, told: Sequence[Notification]
) -> tuple[Reached | None, list[Notification]]:
    """Return the user if they still reach the seller, and what of it they may know."""
    person: Reached | None = None
    known = list[Notification]()
    async with run.transaction(Scope.all_sellers()) as session:
        for needed in dict.fromkeys(one.needs for one in told):
            found = await may_know(session, [args.user_id], args.seller_id, Right(needed))
            if found:
                person = found[0]
                known += [one for one in told if one.needs == needed]
    return person, known


async def _send_one(
    run: Run,
    args: SendNotifications,
    way: NotificationWay,
    person: Reached,
    rows: Sequence[RowMapping],
    told: Sequence[Notification],
) -> bool:
    i18n.locale.set(person.locale)
    try:
        await _by_way(run, way, person, written(told, run.settings.address, str(rows[0]["id"])))
    except EntrepotError as error:
        await run.log("warning", error)
        attempts = max(int(row["attempts"]) for row in rows)
        again = not isinstance(error, RefusedError) and attempts <= len(RETRIES)
        await _settle(run, args, rows, "waiting" if again else "failed", way.id, error, attempts)
        return False
    await _settle(run, args, rows, "sent", way.id)
    return True


async def _by_way(run: Run, way: NotificationWay, person: Reached, message: Message) -> None:
    if way.kind == "mail":
        if run.settings.smtp_url is None:
            raise MailNotSetUpError
        files = [message.picture] if message.picture else []
        mail = compose(
            run.settings, to=person.email, subject=message.title, text=message.body, key=message.key, attachments=files
        )
        await send(run.settings, mail)
        return
    url = run.box.open(way.sealed or b"", what=way.name).decode()
    await deliver(url, run.settings.outside_allow, title=message.title, body=message.body, picture=message.picture)


async def _settle(
    run: Run,
    args: SendNotifications,
    rows: Sequence[RowMapping],
    state: str,
    way_id: UUID | None = None,
    error: EntrepotError | None = None,
    attempts: int = 0,
) -> None:
    moment = now()
    due_at = moment + RETRIES[attempts - 1] if state == "waiting" else None
    async with run.transaction(Scope.of(args.seller_id)) as session:
        repository = NotificationRepository(session)
        await repository.settle([row["id"] for row in rows], state, due_at=due_at)
        if way_id is not None:
            problem = None if error is None else msgspec.to_builtins(sentence(error, {}))
            await repository.note_try(way_id, problem, test=False)
            await outbox.record(session, WayTried(seller_id=args.seller_id, subject_id=way_id, ok=error is None))
        if due_at is not None:
            await send_at(session, args.seller_id, args.user_id, due_at, moment)


def written(told: Sequence[Notification], address: str, key: str) -> Message:
    """Return one message that says everything of *told*, in the language that is set."""
    why = i18n.gettext(WHY).format(address=f"{address}/notifications/settings")
    if len(told) == 1:
        (one,) = told
        links = "\n".join(link for link in (one.outside_url, address + one.path) if link)
        return Message(
            f"notice-{key}",
            said(one.title, one.facts),
            f"{said(one.body, one.facts)}\n\n{links}\n\n{why}\n",
            picture_of(one),
        )
    lines = "\n\n".join(
        f"• {said(one.title, one.facts)}\n{said(one.body, one.facts)}\n{address}{one.path}" for one in told
    )
    return Message(f"notice-{key}", i18n.gettext(MANY).format(count=len(told)), f"{lines}\n\n{why}\n")


def picture_of(notification: Notification) -> Attachment | None:
    """Draw what a notification shows, if it shows something."""
    if notification.curve is None:
        return None
    curve = msgspec.convert(notification.curve, Curve)
    points = [(moment, Decimal(price)) for moment, price in curve.points]
    return Attachment("price.png", "image/png", draw(points, curve.currency, curve.title)) if points else None


async def try_way(run: Run, seller_id: UUID, way_id: UUID) -> bool:
    """Send a test by a way and note how it went."""
    async with run.transaction(Scope.of(seller_id)) as session:
        way = await NotificationRepository(session).way(way_id)
    if way is None:
        return False
    async with run.transaction(Scope.all_sellers()) as session:
        people = await reach(session, [way.user_id], seller_id)
    if not people:
        return False
    person, problem = people[0], None
    i18n.locale.set(person.locale)
    text = i18n.gettext(TEST_BODY).format(name=way.name)
    try:
        await _by_way(run, way, person, Message(f"test-{run.id}", i18n.gettext(TEST_TITLE), text))
    except EntrepotError as error:
        await run.log("warning", error)
        problem = msgspec.to_builtins(sentence(error, {}))
    async with run.transaction(Scope.of(seller_id)) as session:
        await NotificationRepository(session).note_try(way_id, problem, test=True)
        await outbox.record(session, WayTried(seller_id=seller_id, subject_id=way_id, ok=problem is None))
    return problem is None


async def sweep(run: Run) -> dict[str, int]:
    """Give up what was cut off twice, and have sent what nobody sent in time."""
    moment = now()
    async with run.transaction() as session:
        repository = NotificationRepository(session)
        given_up = await repository.give_up_cut_off(moment)
        for way_id in given_up:
            await repository.note_try(way_id, msgspec.to_builtins(sentence(CutOffError(), {})), test=False)
        left = await repository.left(moment)
        for seller_id, user_id in left:
            await send_at(session, seller_id, user_id, moment, moment)
    return {"given_up": len(given_up), "left": len(left)}
