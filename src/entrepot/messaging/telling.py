"""Tells users something: at once in the hub, and by their ways when they want to be told.

The rows are written in the caller's transaction; a job sends.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.messaging.domain import Timing, due
from entrepot.messaging.events import UsersNotified
from entrepot.messaging.repository import NotificationRepository
from entrepot.messaging.tasks import SendNotifications

USUAL = Timing()


class Curve(msgspec.Struct, frozen=True):
    """What a picture draws: a price over time, as steps."""

    points: list[tuple[int, str]]
    """Unix seconds and amount, the oldest first."""
    currency: str
    title: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that one user should know."""

    seller_id: UUID
    user_id: UUID
    key: str
    """The same for the same cause."""
    topic: str
    """``slice.what_it_is_about``."""
    needs: Right
    """Without it nobody may know."""
    subject_kind: str
    subject_id: UUID
    title: str
    """A template of one line, marked with ``N_``; so is *body*, with its lines."""
    body: str
    facts: dict[str, Any]
    """Texts and numbers; :func:`~entrepot.messaging.wording.amount` and ``percent`` for what languages write differently."""
    path: str
    """Where the hub shows more."""
    outside_url: str = ""
    curve: Curve | None = None


async def tell(session: AsyncSession, notices: Sequence[Notice]) -> int:
    """Tell users; return how many of *notices* were news.  A cause that was told before is told to nobody again."""
    if not notices:
        return 0
    repository = NotificationRepository(session)
    moment = now()
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "seller_id": one.seller_id,
            "user_id": one.user_id,
            "key": one.key,
            "topic": one.topic,
            "needs": str(one.needs),
            "subject_kind": one.subject_kind,
            "subject_id": one.subject_id,
            "title": one.title,
            "body": one.body,
            "facts": one.facts,
            "path": one.path,
            "outside_url": one.outside_url,
            "curve": None if one.curve is None else msgspec.to_builtins(one.curve),
        }
        for one in notices
    ]
    added = await repository.add(rows)
    fresh = [row for row in rows if row["id"] in added]
    if not fresh:
        return 0
    await _deliver(session, repository, fresh, moment)
    users = defaultdict[UUID, set[UUID]](set)
    for row in fresh:
        users[row["seller_id"]].add(row["user_id"])
    await outbox.record(
        session,
        *(
            UsersNotified(seller_id=seller_id, subject_id=min(people), users=sorted(people))
            for seller_id, people in users.items()
        ),
    )
    return len(fresh)


async def with_a_way(session: AsyncSession, seller_id: UUID, user_ids: Collection[UUID]) -> set[UUID]:
    """Return those of some users who have set up a way in which they are told outside the hub."""
    return {way.user_id for way in await NotificationRepository(session).enabled_ways({seller_id}, set(user_ids))}


async def _deliver(
    session: AsyncSession, repository: NotificationRepository, rows: Sequence[dict[str, Any]], moment: datetime
) -> None:
    people = {row["user_id"] for row in rows}
    ways = await repository.enabled_ways({row["seller_id"] for row in rows}, people)
    timings = await repository.timings(people)
    deliveries = list[dict[str, Any]]()
    for row in rows:
        at = due(timings.get((row["seller_id"], row["user_id"]), USUAL), moment)
        deliveries += [
            {
                "id": new_id(),
                "seller_id": row["seller_id"],
                "user_id": row["user_id"],
                "notification_id": row["id"],
                "way_id": way.id,
                "due_at": at,
            }
            for way in ways
            if (way.seller_id, way.user_id) == (row["seller_id"], row["user_id"])
        ]
    if not deliveries:
        return
    await repository.add_deliveries(deliveries)
    for seller_id, user_id, at in sorted({(row["seller_id"], row["user_id"], row["due_at"]) for row in deliveries}):
        await send_at(session, seller_id, user_id, at, moment)


async def send_at(session: AsyncSession, seller_id: UUID, user_id: UUID, at: datetime, moment: datetime) -> None:
    """Have what is due for a user sent at a moment, with everything else that is due by then."""
    await jobs.enqueue(
        session,
        SendNotifications(seller_id=seller_id, user_id=user_id),
        key=f"{user_id}:{at:%Y%m%d%H%M}",
        again=True,
        delay=max(0.0, (at - moment).total_seconds()) or None,
    )
