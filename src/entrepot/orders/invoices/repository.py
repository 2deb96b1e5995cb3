"""Every SQL statement that changes invoices, or reads them to decide."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many, insert_rows
from entrepot.kit.ids import new_id
from entrepot.kit.sql import text
from entrepot.orders.invoices.models import Invoice, InvoiceSource, InvoiceWish
from entrepot.orders.invoices.refs import InvoiceRef, SourceRef, State

_SOURCE = ", ".join(SourceRef.__struct_fields__)
_INVOICE = ", ".join(InvoiceRef.__struct_fields__)
WRITTEN = {
    "kind": "text",
    "state": "text",
    "order_id": "uuid",
    "credits": "text",
    "taken_back": "jsonb",
    "fingerprint": "text",
    "raw": "jsonb",
    "problems": "jsonb",
    "unknown": "jsonb",
    "invoiced_on": "date",
    "salesman": "text",
    "customer_number": "text",
    "customer_name": "text",
    "area": "text",
    "route": "text",
    "remarks": "text",
    "priority": "int",
    "origin": "text",
    "import_id": "uuid",
    "note": "text",
}
"""Columns that a new word about an invoice replaces."""


class InvoiceRepository:
    """Invoices within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # -- sources

    async def source(self, key: str, seller_id: UUID) -> SourceRef | None:
        rows = await self._session.execute(
            text(f"SELECT {_SOURCE} FROM invoice_source WHERE seller_id = :seller AND key = :key"),  # noqa: S608
            {"seller": seller_id, "key": key},
        )
        return _source(rows.mappings().one_or_none())

    async def source_by_id(self, source_id: UUID) -> SourceRef | None:
        rows = await self._session.execute(
            text(f"SELECT {_SOURCE} FROM invoice_source WHERE id = :id"),  # noqa: S608 -- column names
            {"id": source_id},
        )
        return _source(rows.mappings().one_or_none())

    async def add_source(self, row: Mapping[str, Any]) -> bool:
        """Add a source; False if its key is taken."""
        suffix = "ON CONFLICT (seller_id, key) DO NOTHING RETURNING id"
        return bool(await insert_rows(self._session, InvoiceSource, [row], suffix=suffix))

    async def change_source(self, source_id: UUID, values: Mapping[str, Any]) -> None:
        sets = ", ".join(
            f"{name} = CAST(:{name} AS jsonb)" if name == "mapping" else f"{name} = :{name}" for name in values
        )
        bound = {
            name: msgspec.json.encode(value).decode() if name == "mapping" else value for name, value in values.items()
        }
        await self._session.execute(
            text(f"UPDATE invoice_source SET {sets} WHERE id = :source_id"),  # noqa: S608 -- column names
            {**bound, "source_id": source_id},
        )

    # -- codes, series, void numbers

    async def codes(self, source_id: UUID, codes: Collection[str]) -> dict[str, UUID | None]:
        """Return what somebody said about these codes: the product, or None for no goods."""
        rows = await self._session.execute(
            text("SELECT code, product_id FROM invoice_code WHERE source_id = :source AND code = ANY(:codes)"),
            {"source": source_id, "codes": list(codes)},
        )
        return {row.code: row.product_id for row in rows}

    async def write_code(self, source: SourceRef, code: str, product_id: UUID | None, who: str) -> None:
        await self._session.execute(
            text(
                """
                INSERT INTO invoice_code (source_id, code, seller_id, product_id, decided_by)
                VALUES (:source, :code, :seller, CAST(:product AS uuid), :who)
                ON CONFLICT (source_id, code) DO UPDATE SET product_id = excluded.product_id,
                    decided_by = excluded.decided_by, decided_at = now()
                """
            ),
            {"source": source.id, "code": code, "seller": source.seller_id, "product": product_id, "who": who},
        )

    async def remove_code(self, source_id: UUID, code: str) -> bool:
        rows = await self._session.execute(
            text("DELETE FROM invoice_code WHERE source_id = :source AND code = :code RETURNING code"),
            {"source": source_id, "code": code},
        )
        return rows.first() is not None

    async def write_series(self, source: SourceRef, prefix: str, first: int | None, *, watched: bool) -> None:
        await self._session.execute(
            text(
                """
                INSERT INTO invoice_series (source_id, prefix, seller_id, first, watched)
                VALUES (:source, :prefix, :seller, CAST(:first AS bigint), :watched)
                ON CONFLICT (source_id, prefix) DO UPDATE SET first = excluded.first, watched = excluded.watched
                """
            ),
            {"source": source.id, "prefix": prefix, "seller": source.seller_id, "first": first, "watched": watched},
        )

    async def add_void(self, source: SourceRef, prefix: str, serials: range, reason: str, who: str) -> int:
        """Declare numbers void; those that an invoice has are left out.  Return how many are void now."""
        rows = await self._session.execute(
            text(
                """
                INSERT INTO invoice_void (source_id, prefix, serial, seller_id, reason, voided_by)
                SELECT :source, :prefix, n, :seller, :reason, :who
                FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
                WHERE NOT EXISTS (
                    SELECT 1 FROM invoice i WHERE i.source_id = :source AND i.prefix = :prefix AND i.serial = n
                )
                ON CONFLICT DO NOTHING RETURNING serial
                """
            ),
            {
                "source": source.id,
                "prefix": prefix,
                "seller": source.seller_id,
                "reason": reason,
                "who": who,
                "first": serials.start,
                "last": serials.stop - 1,
            },
        )
        return len(rows.all())

    async def remove_void(self, source_id: UUID, prefix: str, serial: int) -> bool:
        rows = await self._session.execute(
            text(
                "DELETE FROM invoice_void WHERE source_id = :source AND prefix = :prefix AND serial = :serial"
                " RETURNING serial"
            ),
            {"source": source_id, "prefix": prefix, "serial": serial},
        )
        return rows.first() is not None

    # -- invoices

    async def claim(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take these numbers, in their order; another transaction with one of them waits until this one ends."""
        await insert_many(self._session, Invoice, rows, suffix="ON CONFLICT (source_id, number) DO NOTHING")

    async def locked(self, source_id: UUID, numbers: Collection[str]) -> dict[str, InvoiceRef]:
        """Return invoices by number, locked in the order of the numbers."""
        rows = await self._session.execute(
            text(
                f"SELECT {_INVOICE} FROM invoice WHERE source_id = :source AND number = ANY(:numbers)"  # noqa: S608
                " ORDER BY number FOR UPDATE"
            ),
            {"source": source_id, "numbers": list(numbers)},
        )
        return {row["number"]: _invoice(row) for row in rows.mappings()}

    async def find(self, invoice_id: UUID, *, lock: bool = False) -> InvoiceRef | None:
        suffix = "FOR UPDATE" if lock else ""
        rows = await self._session.execute(
            text(f"SELECT {_INVOICE} FROM invoice WHERE id = :id {suffix}"),  # noqa: S608 -- column names
            {"id": invoice_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else _invoice(row)

    async def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write what is known of invoices now; each row has an id and every column of :data:`WRITTEN`."""
        if not rows:
            return
        sets = ", ".join(f"{name} = n.{name}" for name in WRITTEN)
        typed = ", ".join(f"{name} {kind}" for name, kind in WRITTEN.items())
        await self._session.execute(
            text(
                f"UPDATE invoice i SET {sets}, version = i.version + 1, changed_at = now()"  # noqa: S608 -- column names
                f" FROM json_to_recordset(:rows) AS n(id uuid, {typed}) WHERE i.id = n.id"
            ),
            {"rows": msgspec.json.encode(rows).decode()},
        )

    async def seen_in(self, invoice_ids: Collection[UUID], import_id: UUID) -> None:
        """Note that a file had these invoices."""
        await self._session.execute(
            text("UPDATE invoice SET import_id = :import_id WHERE id = ANY(:ids)"),
            {"ids": list(invoice_ids), "import_id": import_id},
        )

    async def settle(self, invoice_id: UUID, state: State, note: str) -> None:
        await self._session.execute(
            text("UPDATE invoice SET state = :state, note = :note, changed_at = now() WHERE id = :id"),
            {"id": invoice_id, "state": str(state), "note": note},
        )

    async def cancel(self, invoice_ids: Collection[UUID], note: str) -> None:
        await self._session.execute(
            text("UPDATE invoice SET state = 'cancelled', note = :note, changed_at = now() WHERE id = ANY(:ids)"),
            {"ids": list(invoice_ids), "note": note},
        )

    async def taken_back(self, source_id: UUID, numbers: Collection[str]) -> dict[str, dict[UUID, int]]:
        """Return what credit notes took from invoices: number -> product -> units."""
        rows = await self._session.execute(
            text(
                """
                SELECT i.credits, CAST(t.key AS uuid) AS product_id, CAST(sum(CAST(t.value AS int)) AS int) AS units
                FROM invoice i, jsonb_each_text(i.taken_back) AS t
                WHERE i.source_id = :source AND i.credits = ANY(:numbers) AND i.credits <> ''
                GROUP BY 1, 2
                """
            ),
            {"source": source_id, "numbers": list(numbers)},
        )
        found: dict[str, dict[UUID, int]] = {}
        for row in rows:
            found.setdefault(row.credits, {})[row.product_id] = row.units
        return found

    async def waiting_for(self, seller_id: UUID, codes: Collection[str], after: UUID, limit: int) -> list[InvoiceRef]:
        """Return invoices behind *after* that wait because of one of these codes, the oldest first."""
        rows = await self._session.execute(
            text(
                f"SELECT {_INVOICE} FROM invoice WHERE seller_id = :seller AND state = 'attention'"  # noqa: S608
                " AND jsonb_exists_any(unknown, CAST(:codes AS text[])) AND id > :after ORDER BY id LIMIT :limit"
            ),
            {"after": after, "seller": seller_id, "codes": list(codes), "limit": limit},
        )
        return [_invoice(row) for row in rows.mappings()]

    async def write_wishes(self, order_ids: Collection[UUID], rows: Sequence[Mapping[str, Any]]) -> None:
        """Replace what the invoices of these orders say about goods."""
        if order_ids:
            await self._session.execute(
                text("DELETE FROM invoice_wish WHERE order_id = ANY(:ids)"), {"ids": list(order_ids)}
            )
        await insert_many(self._session, InvoiceWish, rows)


def claim_row(source: SourceRef, number: str, prefix: str, serial: int | None, width: int) -> dict[str, Any]:
    """Return the row that takes a number."""
    return {
        "id": new_id(),
        "seller_id": source.seller_id,
        "source_id": source.id,
        "number": number,
        "prefix": prefix,
        "serial": serial,
        "width": width,
        "raw": {},
        "origin": "",
    }


def _source(row: RowMapping | None) -> SourceRef | None:
    return None if row is None else SourceRef(**{name: row[name] for name in SourceRef.__struct_fields__})


def _invoice(row: RowMapping) -> InvoiceRef:
    return msgspec.convert(dict(row), InvoiceRef)
