"""Every SQL statement of badges.  Needs a transaction that sees all sellers."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.badges.models import Badge, Pin, SharedDevice
from entrepot.kit.sql import text


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose badge it is."""

    badge_id: UUID
    user_id: UUID
    name: str
    pin_hash: str | None = field(repr=False)
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRef:
    """A device on which badges work."""

    id: UUID
    seller_id: UUID | None
    name: str
    idle_minutes: int


class BadgeRepository:
    """Badges, PINs and devices."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: Badge | SharedDevice) -> None:
        self._session.add(row)
        await self._session.flush()

    async def holder(self, code_hash: bytes) -> Holder | None:
        """Return who holds the badge, if it counts and they may sign in."""
        row = await self._session.execute(
            text(
                "SELECT b.id AS badge_id, u.id AS user_id, u.name, p.pin_hash, coalesce(p.failures, 0) AS failures "
                "FROM badge b JOIN user_account u ON u.id = b.user_id LEFT JOIN user_pin p ON p.user_id = u.id "
                "WHERE b.code_hash = :hash AND b.revoked_at IS NULL AND u.disabled_at IS NULL"
            ),
            {"hash": code_hash},
        )
        found = row.mappings().one_or_none()
        return None if found is None else Holder(**found)

    async def badge(self, badge_id: UUID) -> Badge | None:
        return await self._session.get(Badge, badge_id, with_for_update=True)

    async def badges(self, user_id: UUID) -> list[Badge]:
        """Return the badges of someone that count, the newest first."""
        query = select(Badge).where(Badge.user_id == user_id, Badge.revoked_at.is_(None)).order_by(Badge.id.desc())
        return list(await self._session.scalars(query))

    async def revoke_badge(self, badge_id: UUID, now: datetime) -> None:
        """Make a badge useless and end what was opened with it."""
        await self._session.execute(update(Badge).where(Badge.id == badge_id).values(revoked_at=now))
        await self._session.execute(text("DELETE FROM user_session WHERE badge_id = :id"), {"id": badge_id})

    async def used(self, badge_id: UUID, device_id: UUID, now: datetime) -> None:
        await self._session.execute(update(Badge).where(Badge.id == badge_id).values(last_used_at=now))
        await self._session.execute(update(SharedDevice).where(SharedDevice.id == device_id).values(last_used_at=now))

    async def pin_set_at(self, user_id: UUID) -> tuple[datetime, int] | None:
        """Return when someone got their PIN, and how often it was wrong since it was right."""
        row = (
            await self._session.execute(select(Pin.set_at, Pin.failures).where(Pin.user_id == user_id))
        ).one_or_none()
        return None if row is None else (row.set_at, row.failures)

    async def set_pin(self, user_id: UUID, pin_hash: str, now: datetime) -> None:
        await self._session.execute(
            text(
                "INSERT INTO user_pin (user_id, pin_hash, failures, set_at) VALUES (:user, :hash, 0, :now) "
                "ON CONFLICT (user_id) DO UPDATE SET pin_hash = EXCLUDED.pin_hash, failures = 0, set_at = EXCLUDED.set_at"
            ),
            {"user": user_id, "hash": pin_hash, "now": now},
        )

    async def count_failure(self, user_id: UUID) -> int:
        """Count an attempt as failed; return how many there are in a row now."""
        row = await self._session.execute(
            text("UPDATE user_pin SET failures = failures + 1 WHERE user_id = :user RETURNING failures"),
            {"user": user_id},
        )
        return int(row.scalar_one())

    async def forgive(self, user_id: UUID) -> None:
        await self._session.execute(update(Pin).where(Pin.user_id == user_id).values(failures=0))

    async def device(self, token_hash: bytes) -> DeviceRef | None:
        """Return the enrolled device with this token."""
        query = select(SharedDevice).where(SharedDevice.token_hash == token_hash, SharedDevice.revoked_at.is_(None))
        row = (await self._session.scalars(query)).one_or_none()
        return None if row is None else _device(row)

    async def devices(self, sellers: Collection[UUID] | None) -> list[SharedDevice]:
        """Return the enrolled devices of *sellers* (None: all), by name."""
        query = select(SharedDevice).where(SharedDevice.revoked_at.is_(None)).order_by(SharedDevice.name)
        if sellers is not None:
            query = query.where(SharedDevice.seller_id.in_(sellers))
        return list(await self._session.scalars(query))

    async def change_device(self, device_id: UUID, **values: object) -> None:
        await self._session.execute(update(SharedDevice).where(SharedDevice.id == device_id).values(values))

    async def end_sessions(self, device_id: UUID) -> None:
        """End what was opened on a device."""
        await self._session.execute(text("DELETE FROM user_session WHERE device_id = :id"), {"id": device_id})


def _device(row: SharedDevice) -> DeviceRef:
    return DeviceRef(id=row.id, seller_id=row.seller_id, name=row.name, idle_minutes=row.idle_minutes)
