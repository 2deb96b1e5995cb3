"""What channels must be told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.models import ChannelPush
from entrepot.fulfilment.refs import PushRef
from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text

_PUSH = ", ".join(PushRef.__struct_fields__)


class PushRepository:
    """Channel pushes within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def insert(self, row: Mapping[str, Any]) -> None:
        """Note what is owed; once per shipment."""
        await insert_rows(self._session, ChannelPush, [row], suffix="ON CONFLICT (shipment_id) DO NOTHING")

    async def of_shipment(self, shipment_id: UUID, *, lock: bool = False) -> PushRef | None:
        found = await self._pushes(f"WHERE shipment_id = :id {'FOR UPDATE' if lock else ''}", id=shipment_id)
        return found[0] if found else None

    async def find(self, push_id: UUID, *, lock: bool = False) -> PushRef | None:
        found = await self._pushes(f"WHERE id = :id {'FOR UPDATE' if lock else ''}", id=push_id)
        return found[0] if found else None

    async def take_due(self, account_id: UUID, at: datetime, until: datetime, limit: int) -> list[PushRef]:
        """Take what is to be looked at now; nobody else takes it before *until*."""
        rows = await self._session.execute(
            text(
                f"""
                WITH due AS (
                    SELECT id AS due_id FROM channel_push
                    WHERE account_id = :account AND state IN ('waiting', 'sent') AND next_look_at <= :at
                    ORDER BY next_look_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
                )
                UPDATE channel_push SET next_look_at = :until FROM due WHERE id = due_id RETURNING {_PUSH}
                """  # noqa: S608 -- column names
            ),
            {"account": account_id, "at": at, "until": until, "limit": limit},
        )
        found = [msgspec.convert(dict(row), PushRef) for row in rows.mappings()]
        return sorted(found, key=lambda push: push.id)

    async def keep(self, push: PushRef, until: datetime) -> bool:
        """Keep a taken push until *until*; say whether it still was the caller's, as nobody has touched it since."""
        rows = await self._session.execute(
            text(
                "UPDATE channel_push SET next_look_at = :until"
                " WHERE id = :id AND state = :state AND next_look_at = :seen RETURNING id"
            ),
            {"id": push.id, "state": str(push.state), "seen": push.next_look_at, "until": until},
        )
        return bool(rows.all())

    async def next_due(self, account_id: UUID) -> datetime | None:
        """Return when the next one is to be looked at."""
        rows = await self._session.execute(
            text(
                "SELECT min(next_look_at) FROM channel_push"
                " WHERE account_id = :account AND state IN ('waiting', 'sent')"
            ),
            {"account": account_id},
        )
        found: datetime | None = rows.scalar_one()
        return found

    async def update(self, push_id: UUID, **values: object) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE channel_push SET {sets} WHERE id = :push_id"),  # noqa: S608 -- column names of the callers
            {**values, "push_id": push_id},
        )

    async def note_waiting(self, account_id: UUID, reason: str) -> None:
        """Say why nothing is sent."""
        await self._session.execute(
            text(
                "UPDATE channel_push SET last_error = :reason WHERE account_id = :account AND state = 'waiting'"
                " AND last_error <> :reason"
            ),
            {"account": account_id, "reason": reason},
        )

    async def wake(self, account_id: UUID, at: datetime, in_doubt: datetime) -> int:
        """Let everything that waits be looked at again: at *at*, but what may be on its way only at *in_doubt*."""
        rows = await self._session.execute(
            text(
                "UPDATE channel_push SET last_error = '',"
                " next_look_at = CASE WHEN in_doubt THEN least(next_look_at, :in_doubt) ELSE :at END"
                " WHERE account_id = :account AND state = 'waiting' RETURNING id"
            ),
            {"account": account_id, "at": at, "in_doubt": in_doubt},
        )
        return len(rows.all())

    async def correct(self, shipment_id: UUID, *, carrier: str, tracking: str) -> None:
        """Change what will be said of a shipment that the channel was not told about yet."""
        await self._session.execute(
            text(
                "UPDATE channel_push SET payload = payload || jsonb_build_object("
                "'carrier', CAST(:carrier AS text), 'tracking', CAST(:tracking AS text))"
                " WHERE shipment_id = :id AND state = 'waiting' AND attempts = 0"
            ),
            {"id": shipment_id, "carrier": carrier, "tracking": tracking},
        )

    async def wake_carrier(self, account_id: UUID, carrier: str, at: datetime) -> list[UUID]:
        """Look again at what waits and names *carrier*; return the orders it is about."""
        rows = await self._session.execute(
            text(
                "UPDATE channel_push SET last_error = '', next_look_at = least(next_look_at, :at)"
                " WHERE account_id = :account AND state = 'waiting' AND NOT in_doubt AND payload->>'carrier' = :carrier"
                " RETURNING order_id"
            ),
            {"account": account_id, "carrier": carrier, "at": at},
        )
        return sorted(set(rows.scalars()))

    async def hurry(self, account_id: UUID, ref: str, at: datetime) -> bool:
        """Have a process looked at now; say whether one of ours has this ref."""
        rows = await self._session.execute(
            text(
                "UPDATE channel_push SET next_look_at = least(next_look_at, :at)"
                " WHERE account_id = :account AND state = 'sent' AND process_ref = :ref RETURNING id"
            ),
            {"account": account_id, "ref": ref, "at": at},
        )
        return bool(rows.all())

    # Whose turn it is.  Whoever looks holds the lock to the end of the transaction: so the run that gives its turn back
    # sees every push of those who relied on it.

    async def somebody_tells(self, account_id: UUID, at: datetime) -> bool:
        """Say whether a run is at it and will see what this transaction stores."""
        await self._session.execute(
            text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))"), {"name": _turn(account_id)}
        )
        rows = await self._session.execute(
            text("SELECT 1 FROM push_turn WHERE account_id = :account AND until > :at"),
            {"account": account_id, "at": at},
        )
        return rows.first() is not None

    async def take_turn(
        self, seller_id: UUID, account_id: UUID, run_id: UUID, *, at: datetime, until: datetime
    ) -> bool:
        """Take or keep the turn; False: another run has it, and sees everything stored until now."""
        await self._lock_turn(account_id)
        rows = await self._session.execute(
            text(
                """
                INSERT INTO push_turn (account_id, seller_id, run_id, until) VALUES (:account, :seller, :run, :until)
                ON CONFLICT (account_id) DO UPDATE SET run_id = excluded.run_id, until = excluded.until
                    WHERE push_turn.run_id = excluded.run_id OR push_turn.until <= :at
                RETURNING run_id
                """
            ),
            {"account": account_id, "seller": seller_id, "run": run_id, "until": until, "at": at},
        )
        return rows.first() is not None

    async def end_turn(self, account_id: UUID, run_id: UUID) -> None:
        """Give the turn back; what is due afterwards is the next run's."""
        await self._lock_turn(account_id)
        await self._session.execute(
            text("DELETE FROM push_turn WHERE account_id = :account AND run_id = :run"),
            {"account": account_id, "run": run_id},
        )

    async def end_turns(self, run_id: UUID) -> list[tuple[UUID, UUID]]:
        """Take every turn from a run that is over; return seller and account of each."""
        found = await self._session.execute(
            text("SELECT seller_id, account_id FROM push_turn WHERE run_id = :run"), {"run": run_id}
        )
        held = [(row.seller_id, row.account_id) for row in found]
        for _, account_id in held:
            await self.end_turn(account_id, run_id)
        return held

    async def _lock_turn(self, account_id: UUID) -> None:
        await self._session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": _turn(account_id)}
        )

    async def _pushes(self, rest: str, **values: object) -> list[PushRef]:
        rows = await self._session.execute(text(f"SELECT {_PUSH} FROM channel_push {rest}"), values)  # noqa: S608 -- column names
        return [msgspec.convert(dict(row), PushRef) for row in rows.mappings()]


def _turn(account_id: UUID) -> str:
    return f"push_turn.{account_id}"
