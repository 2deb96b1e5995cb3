"""Every statement about notifications."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.messaging.domain import Digest, Timing
from entrepot.messaging.models import Notification, NotificationDelivery, NotificationSetting, NotificationWay

CUT_OFF = timedelta(minutes=10)
"""A message that is being sent for longer than this was given up by whoever sent it: nothing takes as long."""


class NotificationRepository:
    """Reads and writes for one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # Ways and settings

    async def ways(self, user_id: UUID) -> list[NotificationWay]:
        """Return a user's ways in the scope, the oldest first."""
        found = await self._session.scalars(
            select(NotificationWay).where(NotificationWay.user_id == user_id).order_by(NotificationWay.id)
        )
        return list(found)

    async def way(self, way_id: UUID) -> NotificationWay | None:
        return await self._session.get(NotificationWay, way_id)

    async def add_way(self, way: NotificationWay) -> None:
        self._session.add(way)
        await self._session.flush()

    async def remove_way(self, way: NotificationWay) -> None:
        await self._session.delete(way)
        await self._session.flush()

    async def enabled_ways(self, seller_ids: Collection[UUID], user_ids: Collection[UUID]) -> list[NotificationWay]:
        """Return the ways that are on, of these users for these sellers."""
        found = await self._session.scalars(
            select(NotificationWay).where(
                NotificationWay.seller_id.in_(seller_ids),
                NotificationWay.user_id.in_(user_ids),
                NotificationWay.enabled,
            )
        )
        return list(found)

    async def timings(self, user_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], Timing]:
        """Return when users want to be told, by seller and user."""
        found = await self._session.scalars(
            select(NotificationSetting).where(NotificationSetting.user_id.in_(user_ids))
        )
        return {
            (one.seller_id, one.user_id): Timing(
                digest=Digest(one.digest),
                daily_at=one.daily_at,
                quiet_from=one.quiet_from,
                quiet_to=one.quiet_to,
                time_zone=one.time_zone,
            )
            for one in found
        }

    async def set_timing(self, seller_id: UUID, user_id: UUID, timing: Timing) -> None:
        await self._session.execute(
            text(
                """
                INSERT INTO notification_setting (seller_id, user_id, digest, daily_at, quiet_from, quiet_to, time_zone)
                VALUES (:seller_id, :user_id, :digest, :daily_at, :quiet_from, :quiet_to, :time_zone)
                ON CONFLICT (seller_id, user_id) DO UPDATE SET digest = excluded.digest, daily_at = excluded.daily_at,
                    quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, time_zone = excluded.time_zone
                """
            ),
            {"seller_id": seller_id, "user_id": user_id, **msgspec.structs.asdict(timing)},
        )

    # What users are told

    async def add(self, rows: Sequence[dict[str, Any]]) -> set[UUID]:
        """Store notifications; return the ids of those that are new causes."""
        added = await insert_many(
            self._session, Notification, rows, suffix="ON CONFLICT (user_id, key) DO NOTHING RETURNING id"
        )
        return {row.id for row in added}

    async def add_deliveries(self, rows: Sequence[dict[str, Any]]) -> None:
        await insert_many(self._session, NotificationDelivery, rows)

    async def page(
        self, user_id: UUID, rights: Collection[str], *, before: UUID | None, unread: bool, limit: int
    ) -> list[Notification]:
        """Return what a user was told, the newest first."""
        query = select(Notification).where(Notification.user_id == user_id, Notification.needs.in_(rights))
        if before is not None:
            query = query.where(Notification.id < before)
        if unread:
            query = query.where(Notification.read_at.is_(None))
        return list(await self._session.scalars(query.order_by(Notification.id.desc()).limit(limit)))

    async def unread(self, user_id: UUID, rights: Collection[str]) -> int:
        found = await self._session.execute(
            text(
                "SELECT count(*) FROM notification WHERE user_id = :user_id AND read_at IS NULL AND needs = ANY(:rights)"
            ),
            {"user_id": user_id, "rights": list(rights)},
        )
        return int(found.scalar_one())

    async def read(self, user_id: UUID, ids: Collection[UUID] | None) -> list[UUID]:
        """Mark some (None: all) notifications of a user as read; return their sellers, one per notification."""
        found = await self._session.execute(
            text(
                """
                UPDATE notification SET read_at = now()
                WHERE user_id = :user_id AND read_at IS NULL AND (CAST(:ids AS uuid[]) IS NULL OR id = ANY(:ids))
                RETURNING seller_id
                """
            ),
            {"user_id": user_id, "ids": None if ids is None else list(ids)},
        )
        return list(found.scalars())

    # Sending

    async def claim(self, seller_id: UUID, user_id: UUID, moment: datetime, limit: int) -> list[RowMapping]:
        """Take what is due for a user by one way: from now on it counts as being sent.

        What a dead worker left is taken once more, and marked as perhaps sent twice.
        """
        found = await self._session.execute(
            text(
                """
                WITH open AS (
                    SELECT d.id, d.way_id, d.due_at FROM notification_delivery d
                    WHERE d.seller_id = :seller_id AND d.user_id = :user_id AND d.due_at <= :moment
                        AND (d.state = 'waiting' OR (d.state = 'sending' AND d.claimed_at < :cut_off AND NOT d.repeated))
                    ORDER BY d.due_at, d.id LIMIT 500 FOR UPDATE SKIP LOCKED
                ), chosen AS (
                    SELECT id FROM open WHERE way_id = (SELECT way_id FROM open ORDER BY due_at, id LIMIT 1)
                    ORDER BY due_at, id LIMIT :limit
                )
                UPDATE notification_delivery d SET state = 'sending', claimed_at = :moment, attempts = d.attempts + 1,
                    repeated = d.repeated OR d.state = 'sending'
                FROM chosen WHERE d.id = chosen.id
                RETURNING d.id, d.way_id, d.notification_id, d.attempts
                """
            ),
            {
                "seller_id": seller_id,
                "user_id": user_id,
                "moment": moment,
                "cut_off": moment - CUT_OFF,
                "limit": limit,
            },
        )
        return list(found.mappings())

    async def notifications(self, ids: Collection[UUID]) -> list[Notification]:
        """Return some notifications, the oldest first."""
        found = await self._session.scalars(
            select(Notification).where(Notification.id.in_(ids)).order_by(Notification.id)
        )
        return list(found)

    async def settle(self, ids: Collection[UUID], state: str, *, due_at: datetime | None = None) -> None:
        """Note how sending ended; what waits again is due at *due_at*."""
        await self._session.execute(
            text(
                """
                UPDATE notification_delivery SET state = :state, due_at = coalesce(:due_at, due_at),
                    sent_at = CASE WHEN :state = 'sent' THEN now() END
                WHERE id = ANY(:ids) AND state = 'sending'
                """
            ),
            {"ids": list(ids), "state": state, "due_at": due_at},
        )

    async def note_try(self, way_id: UUID, problem: dict[str, Any] | None, *, test: bool) -> UUID | None:
        """Write on a way how it went; return whose it is."""
        found = await self._session.execute(
            text(
                """
                UPDATE notification_way SET problem = CAST(:problem AS jsonb),
                    sent_at = CASE WHEN :ok THEN now() ELSE sent_at END,
                    tested_at = CASE WHEN :test THEN now() ELSE tested_at END
                WHERE id = :id RETURNING seller_id
                """
            ),
            {
                "id": way_id,
                "problem": None if problem is None else msgspec.json.encode(problem).decode(),
                "ok": problem is None,
                "test": test,
            },
        )
        return found.scalar_one_or_none()

    async def give_up_cut_off(self, moment: datetime) -> list[UUID]:
        """End what was cut off twice; return the ways concerned."""
        found = await self._session.execute(
            text(
                """
                UPDATE notification_delivery SET state = 'failed'
                WHERE state = 'sending' AND repeated AND claimed_at < :cut_off RETURNING way_id
                """
            ),
            {"cut_off": moment - CUT_OFF},
        )
        return list(dict.fromkeys(found.scalars()))

    async def put_off(self, seller_id: UUID, user_id: UUID, moment: datetime, until: datetime) -> bool:
        """Let what waits and is due be due later; return whether there was something."""
        found = await self._session.execute(
            text(
                """
                UPDATE notification_delivery SET due_at = :until
                WHERE seller_id = :seller_id AND user_id = :user_id AND state = 'waiting' AND due_at <= :moment
                RETURNING id
                """
            ),
            {"seller_id": seller_id, "user_id": user_id, "moment": moment, "until": until},
        )
        return bool(found.all())

    async def left(self, moment: datetime) -> list[tuple[UUID, UUID]]:
        """Return seller and user of what should have been sent by now."""
        found = await self._session.execute(
            text(
                """
                SELECT DISTINCT seller_id, user_id FROM notification_delivery
                WHERE (state = 'waiting' AND due_at < :late) OR (state = 'sending' AND claimed_at < :cut_off)
                """
            ),
            {"late": moment - timedelta(minutes=2), "cut_off": moment - CUT_OFF},
        )
        return [(row.seller_id, row.user_id) for row in found]

    async def forget(self, before: datetime, limit: int) -> int:
        """Remove read notifications from before a moment; return how many."""
        found = await self._session.execute(
            text(
                """
                DELETE FROM notification WHERE id IN (
                    SELECT id FROM notification WHERE created_at < :before AND read_at IS NOT NULL LIMIT :limit
                ) RETURNING id
                """
            ),
            {"before": before, "limit": limit},
        )
        return len(found.all())
