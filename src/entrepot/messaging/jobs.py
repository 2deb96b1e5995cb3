"""What the hub sends by itself: the invitation of a new user, and notifications."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.events import UserCreated
from entrepot.access.service import renew_invitation
from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit import i18n
from entrepot.kit.clock import now
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.messaging import sending
from entrepot.messaging.mail import compose, send
from entrepot.messaging.repository import NotificationRepository
from entrepot.messaging.tasks import ForgetNotifications, SendNotifications, SweepNotifications, TryWay

KEEP = timedelta(days=180)
"""How long notifications that were read are kept."""
BATCH = 2000
MOST_BATCHES = 50

SUBJECT = N_("Your access to Entrepot")
INVITATION = N_("""Hello {name},

you may now sign in to Entrepot at {address}

Choose your password first. This link works once, and for a few days:
{link}
""")


class SendInvitation(msgspec.Struct, frozen=True):
    """Arguments of :func:`send_invitation`."""

    user_id: UUID


@job("messaging.send_invitation", label=N_("Send invitation"), queue=Queue.MAIL)
async def send_invitation(run: Run, args: SendInvitation) -> object:
    """Mail a new user a link to choose a password; nothing if they have one, or if no mail server is set up."""
    if run.settings.smtp_url is None:
        await run.log("info", "no mail server is set up (ENTREPOT_SMTP_URL)")
        return {"sent": False}

    async def write_and_send() -> bool:
        # One step: the link is a secret, which must not be stored between steps.
        async with run.transaction() as session:
            invitation = await renew_invitation(session, args.user_id)
        if invitation is None:
            return False
        catalogue = i18n.catalogue(invitation.locale)
        text = catalogue.gettext(INVITATION).format(
            name=invitation.name,
            address=run.settings.address,
            link=f"{run.settings.address}/set-password/{invitation.token}",
        )
        message = compose(
            run.settings,
            to=invitation.email,
            subject=catalogue.gettext(SUBJECT),
            text=text,
            key=f"invite-{args.user_id}",
        )
        await send(run.settings, message)
        return True

    return {"sent": await run.step("send", write_and_send)}


@reaction("messaging.invitations", topics=[UserCreated.topic])
async def on_users(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Invite whoever was given access."""
    for event in events:
        await jobs.enqueue(session, SendInvitation(user_id=event.subject_id), key=str(event.subject_id))


@job("messaging.send_notifications", label=N_("Send notifications"), queue=Queue.MAIL)
async def send_notifications(run: Run, args: SendNotifications) -> object:
    """Send a user what is due, by each of their ways."""
    return await run.step("send", lambda: sending.send_due(run, args))


@job("messaging.try_way", label=N_("Send a test notification"), queue=Queue.MAIL)
async def try_way(run: Run, args: TryWay) -> object:
    """Send a test by one way."""
    return {"ok": await run.step("send", lambda: sending.try_way(run, args.seller_id, args.way_id))}


@job("messaging.sweep_notifications", label=N_("Look for unsent notifications"), queue=Queue.LOW)
async def sweep_notifications(run: Run, args: SweepNotifications) -> object:  # noqa: ARG001 -- the form of every job
    """Take care of what a dead worker left."""
    return await run.step("sweep", lambda: sending.sweep(run))


@job("messaging.forget_notifications", label=N_("Remove old notifications"), queue=Queue.LOW)
async def forget_notifications(run: Run, args: ForgetNotifications) -> object:  # noqa: ARG001 -- the form of every job
    """Remove what was read long ago."""

    async def remove() -> int:
        async with run.transaction() as session:
            return await NotificationRepository(session).forget(now() - KEEP, BATCH)

    total = 0
    for number in range(MOST_BATCHES):
        removed = await run.step(f"batch {number + 1}", remove)
        total += removed
        if removed < BATCH:
            break
    return {"removed": total}


async def set_up(session: AsyncSession) -> None:
    """Make the slice's schedules."""
    await jobs.set_schedule(session, "messaging.sweep_notifications", SweepNotifications(), cron="*/5 * * * *")
    await jobs.set_schedule(
        session,
        "messaging.forget_notifications",
        ForgetNotifications(),
        cron="40 4 * * *",
        time_zone="Europe/Amsterdam",
    )
