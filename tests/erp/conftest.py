"""Accounts to test with, put into the database without asking anybody outside."""

from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.erp.contract import ErpWarehouse
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id


async def add_channel_account(session: AsyncSession, seller_id: UUID) -> UUID:
    account_id = new_id()
    await session.execute(
        text("""
            INSERT INTO channel_account (id, seller_id, channel, name, prefix, mode, credentials, known_as, health,
                last_error, last_error_code, last_new, last_attention)
            VALUES (:id, :seller_id, 'bol', :name, 'BOL-', 'live', '', 'Shop', 'healthy', '', '', 0, 0)
        """),
        {"id": account_id, "seller_id": seller_id, "name": f"bol {account_id}"},
    )
    return account_id


async def add_erp_account(session: AsyncSession, seller_id: UUID, *warehouses: str, erp: str = "jtl") -> UUID:
    account_id = new_id()
    known = [ErpWarehouse(warehouse=key, name=f"Warehouse {key}") for key in warehouses]
    await session.execute(
        text("""
            INSERT INTO erp_account (id, seller_id, erp, name, credentials, known_as, active, health, last_error,
                last_error_code, report, warehouses, connected_at)
            VALUES (:id, :seller_id, :erp, :name, '', 'eazybusiness', true, 'healthy', '', '',
                CAST(:report AS jsonb), '[]', :now)
        """),
        {
            "id": account_id,
            "seller_id": seller_id,
            "erp": erp,
            "name": f"JTL {account_id}",
            "report": msgspec.json.encode({"checks": [], "warehouses": known}).decode(),
            "now": now(),
        },
    )
    return account_id
