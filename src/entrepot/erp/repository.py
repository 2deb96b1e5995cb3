"""Every statement on ERP accounts, joins, stock and hand-overs."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.erp.accounts import ErpAccountRef, ErpHealth, ErpJoin, HandOverRecord
from entrepot.erp.contract import ErpCheck, ErpStock, ErpWarehouse, HandOverState
from entrepot.erp.models import ErpAccount, ErpHandOver, ErpJoinRow, ErpStockRow
from entrepot.kit.bulk import insert_many, insert_rows
from entrepot.kit.sql import text

_ACCOUNT = (
    "id, seller_id, erp, name, known_as, active, health, last_error, last_error_code, last_error_at, last_success_at,"
    " report, warehouses, checked_at, stock_read_at, connected_at"
)
_JOIN = (
    "SELECT j.channel_account_id, j.seller_id, j.erp_account_id, a.name AS erp_name, j.hand_over, j.take_stock"
    " FROM erp_join AS j JOIN erp_account AS a ON a.id = j.erp_account_id"
)
_HAND_OVER = ", ".join(HandOverRecord.__slots__)


class _Report(msgspec.Struct):
    checks: tuple[ErpCheck, ...] = ()
    warehouses: tuple[ErpWarehouse, ...] = ()


def _account(row: RowMapping) -> ErpAccountRef:
    values: dict[str, Any] = dict(row)
    report = msgspec.convert(values.pop("report"), _Report)
    values |= {
        "health": ErpHealth(values["health"]),
        "warehouses": tuple(values["warehouses"]),
        "known_warehouses": report.warehouses,
        "checks": report.checks,
    }
    return ErpAccountRef(**values)


def _hand_over(row: RowMapping) -> HandOverRecord:
    values: dict[str, Any] = {**row, "state": HandOverState(row["state"])}
    return HandOverRecord(**values)


# Accounts


async def add_account(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Store an account; False if its name is taken."""
    rows = await insert_rows(
        session, ErpAccount, [values], suffix="ON CONFLICT (seller_id, name) DO NOTHING RETURNING id"
    )
    return bool(rows)


async def find_account(session: AsyncSession, account_id: UUID, *, lock: bool = False) -> ErpAccountRef | None:
    """Return one account, if it is in scope."""
    found = await session.execute(
        text(f"SELECT {_ACCOUNT} FROM erp_account WHERE id = :id {'FOR UPDATE' if lock else ''}"),  # noqa: S608
        {"id": account_id},
    )
    row = found.mappings().one_or_none()
    return None if row is None else _account(row)


async def list_accounts(session: AsyncSession, *, seller_id: UUID | None = None) -> list[ErpAccountRef]:
    """Return accounts by name."""
    found = await session.execute(
        text(
            f"SELECT {_ACCOUNT} FROM erp_account"  # noqa: S608
            " WHERE CAST(:seller_id AS uuid) IS NULL OR seller_id = :seller_id ORDER BY lower(name), id"
        ),
        {"seller_id": seller_id},
    )
    return [_account(row) for row in found.mappings()]


async def name_taken(session: AsyncSession, seller_id: UUID, name: str, *, but: UUID) -> bool:
    """Tell whether another account than *but* has this name."""
    found = await session.execute(
        text("SELECT EXISTS (SELECT FROM erp_account WHERE seller_id = :seller_id AND name = :name AND id <> :but)"),
        {"seller_id": seller_id, "name": name, "but": but},
    )
    return bool(found.scalar_one())


async def find_credentials(session: AsyncSession, account_id: UUID) -> bytes | None:
    """Return the sealed credentials."""
    found = await session.execute(text("SELECT credentials FROM erp_account WHERE id = :id"), {"id": account_id})
    sealed: bytes | None = found.scalar_one_or_none()
    return sealed


_JSON = frozenset({"report", "warehouses"})


async def update_account(session: AsyncSession, account_id: UUID, values: dict[str, Any]) -> None:
    """Change columns of one account."""
    sets = ", ".join(f"{name} = CAST(:{name} AS jsonb)" if name in _JSON else f"{name} = :{name}" for name in values)
    bound = {name: msgspec.json.encode(value).decode() if name in _JSON else value for name, value in values.items()}
    await session.execute(text(f"UPDATE erp_account SET {sets} WHERE id = :id"), {**bound, "id": account_id})  # noqa: S608


# Joins


async def find_join(session: AsyncSession, channel_account_id: UUID) -> ErpJoin | None:
    """Return what a channel account is joined to."""
    found = await session.execute(text(f"{_JOIN} WHERE j.channel_account_id = :id"), {"id": channel_account_id})
    row = found.mappings().one_or_none()
    return None if row is None else ErpJoin(**row)


async def list_joins(session: AsyncSession, erp_account_id: UUID | None = None) -> list[ErpJoin]:
    """Return the joins of one ERP account, or all in scope."""
    found = await session.execute(
        text(f"{_JOIN} WHERE CAST(:id AS uuid) IS NULL OR j.erp_account_id = :id ORDER BY j.channel_account_id"),
        {"id": erp_account_id},
    )
    return [ErpJoin(**row) for row in found.mappings()]


async def store_join(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Join, or change a join; False if there is no such channel account of the same seller."""
    try:
        async with session.begin_nested():
            await insert_rows(
                session,
                ErpJoinRow,
                [values],
                suffix="ON CONFLICT (channel_account_id) DO UPDATE SET erp_account_id = excluded.erp_account_id,"
                " hand_over = excluded.hand_over, take_stock = excluded.take_stock",
            )
    except IntegrityError:
        return False
    return True


async def remove_join(session: AsyncSession, channel_account_id: UUID) -> None:
    """Let a channel account go without an ERP."""
    await session.execute(text("DELETE FROM erp_join WHERE channel_account_id = :id"), {"id": channel_account_id})


# Stock


async def store_stock(
    session: AsyncSession, account_id: UUID, seller_id: UUID, rows: Sequence[ErpStock], read_at: datetime
) -> int:
    """Store what the ERP said; return how many rows say something new."""
    if not rows:
        return 0
    values = [
        {
            "account_id": account_id,
            "sku": row.sku,
            "warehouse": row.warehouse,
            "seller_id": seller_id,
            "on_hand": row.on_hand,
            "buffer": row.buffer,
            "available": row.available,
            "read_at": read_at,
        }
        for _, row in sorted({(row.sku, row.warehouse): row for row in rows}.items())  # one order of locks for all
    ]
    before = await session.execute(
        text("""
            SELECT count(*) FROM erp_stock AS s
            JOIN json_to_recordset(:rows) AS t(sku text, warehouse text, available integer)
                ON t.sku = s.sku AND t.warehouse = s.warehouse AND t.available = s.available
            WHERE s.account_id = :account_id
        """),
        {
            "account_id": account_id,
            "rows": msgspec.json.encode(
                [{name: row[name] for name in ("sku", "warehouse", "available")} for row in values]
            ).decode(),
        },
    )
    same = int(before.scalar_one())
    await insert_many(
        session,
        ErpStockRow,
        values,
        suffix="ON CONFLICT (account_id, sku, warehouse) DO UPDATE SET on_hand = excluded.on_hand,"
        " buffer = excluded.buffer, available = excluded.available, read_at = excluded.read_at"
        " WHERE erp_stock.read_at <= excluded.read_at",
    )
    return len(values) - same


async def has_stock(session: AsyncSession, account_id: UUID) -> bool:
    """Return whether anything the ERP said about its stock is remembered."""
    found = await session.execute(
        text("SELECT EXISTS (SELECT FROM erp_stock WHERE account_id = :account_id)"), {"account_id": account_id}
    )
    return bool(found.scalar_one())


async def forget_stock(session: AsyncSession, account_id: UUID, read_at: datetime, skus: Sequence[str] | None) -> int:
    """Remove what was not seen in the reading of *read_at*: of *skus*, or of every article."""
    found = await session.execute(
        text("""
            WITH gone AS (
                DELETE FROM erp_stock WHERE account_id = :account_id AND read_at < :read_at
                    AND (CAST(:skus AS text[]) IS NULL OR sku = ANY(CAST(:skus AS text[])))
                RETURNING 1
            ) SELECT count(*) FROM gone
        """),
        {"account_id": account_id, "read_at": read_at, "skus": None if skus is None else list(skus)},
    )
    return int(found.scalar_one())


# Hand-overs


async def find_hand_overs(session: AsyncSession, account_id: UUID, references: Iterable[str]) -> list[HandOverRecord]:
    """Return what is known of these orders."""
    found = await session.execute(
        text(f"SELECT {_HAND_OVER} FROM erp_hand_over WHERE account_id = :id AND reference = ANY(:references)"),  # noqa: S608
        {"id": account_id, "references": list(references)},
    )
    return [_hand_over(row) for row in found.mappings()]


async def store_hand_overs(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Store outcomes.  What the ERP has stays handed over, whatever a later attempt says."""
    await insert_many(
        session,
        ErpHandOver,
        rows,
        suffix="ON CONFLICT (account_id, reference) DO UPDATE SET"
        " state = CASE WHEN erp_hand_over.state <> 'refused' THEN erp_hand_over.state ELSE excluded.state END,"
        " problem = CASE WHEN erp_hand_over.state <> 'refused' THEN '' ELSE excluded.problem END,"
        " way = excluded.way, attempts = erp_hand_over.attempts + 1,"
        " handed_over_at = coalesce(erp_hand_over.handed_over_at, excluded.handed_over_at),"
        " last_tried_at = excluded.last_tried_at",
    )
