"""The simulated JTL-Wawi: imports what was handed over, and sends it after a while."""

import asyncio
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from entrepot.sandbox.clock import WorldClock
from entrepot.sandbox.dice import Dice
from entrepot.sandbox.jtl.reading import Order, Position, Unreadable, read_orders
from entrepot.sandbox.jtl.schema import SCHEMA, WAREHOUSES

BERLIN = ZoneInfo("Europe/Berlin")
_HEAVY = 6
"""Units from which an order goes out in two parcels."""
_CARRIERS = {"dhl": "JJD0002", "ups": "1Z999AA", "gls": "GLS7", "dpd": "0150"}


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[!.]*.xml"))


class Article(msgspec.Struct):
    """What the shop has of one product."""

    sku: str
    barcode: str = ""
    quantity: int = 0
    buffer: int = 0


class WawiOrder(msgspec.Struct):
    """An order as the worker knows it."""

    number: int
    reference: str
    state: str
    reason: str
    at: datetime
    notes: list[str] = []
    tracking: list[str] = []


class Wawi:
    """The worker beside the tables.

    Args:
        connection: to the database, as its owner.
        clock: of the world.
        dice: draw tracking codes.
        send_seconds: from the import of an order to its parcels.
        folder: files there are imported too.
    """

    def __init__(
        self,
        connection: asyncpg.Connection,
        clock: WorldClock,
        dice: Dice,
        *,
        send_seconds: float = 20,
        folder: Path | None = None,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._dice = dice
        self._one_at_a_time = asyncio.Lock()
        self.send_seconds = send_seconds
        self.folder = folder
        self.refuse = 0
        """So many of the next orders are refused."""
        self.asleep = False
        """The worker does nothing: what is handed over waits."""
        self.log: deque[str] = deque(maxlen=50)

    async def set_up(self, articles: Iterable[Article]) -> None:
        """Make the tables and, the first time, fill them."""
        async with self._one_at_a_time:
            await self._connection.execute(SCHEMA)
            if await self._connection.fetchval('SELECT count(*) FROM dbo."tWarenLager"'):
                return
            await self._connection.executemany('INSERT INTO dbo."tWarenLager" VALUES ($1, $2, $3, $4)', WAREHOUSES)
            stock = list(articles)
            await self._connection.executemany(
                'INSERT INTO dbo."tArtikel" ("kArtikel", "cArtNr", "cBarcode", "nPuffer") VALUES ($1, $2, $3, $4)',
                [(key, one.sku, one.barcode, one.buffer) for key, one in enumerate(stock, 1)],
            )
            await self._connection.executemany(
                'INSERT INTO dbo."vLagerbestandProLager" VALUES ($1, $2, $3)',
                [
                    (key, warehouse, quantity)
                    for key, one in enumerate(stock, 1)
                    for warehouse, quantity in ((1, one.quantity - one.quantity // 4), (2, one.quantity // 4))
                ],
            )

    async def work(self) -> int:
        """Import what waits and send what is due; return how much was done."""
        async with self._one_at_a_time:
            if self.asleep:
                return 0
            return await self._import_rows() + await self._import_files() + await self._send()

    async def _import_rows(self) -> int:
        rows = await self._connection.fetch(
            'SELECT "kXMLBestellImport" AS key, "cText" AS document FROM dbo."tXMLBestellImport"'
            ' WHERE "nPlattform" = 5 AND "nRechnung" = 0 ORDER BY 1 LIMIT 200'
        )
        for row in rows:
            async with self._connection.transaction():
                await self._import((row["document"] or "").encode("iso-8859-1", "replace"))
                await self._connection.execute(
                    'DELETE FROM dbo."tXMLBestellImport" WHERE "kXMLBestellImport" = $1', row["key"]
                )
        return len(rows)

    async def _import_files(self) -> int:
        if self.folder is None:
            return 0
        paths = await asyncio.to_thread(_files, self.folder)
        for path in paths:
            content = await asyncio.to_thread(path.read_bytes)
            async with self._connection.transaction():
                await self._import(content)
            await asyncio.to_thread(path.unlink)
        return len(paths)

    async def _import(self, document: bytes) -> None:
        try:
            orders = read_orders(document)
        except Unreadable as error:
            await self._note(error.reference, "refused", str(error))
            return
        for order in orders:
            await self._take(order)

    async def _take(self, order: Order) -> None:
        if self.refuse:
            self.refuse -= 1
            await self._note(
                order.reference, "refused", f"Order {order.reference}: the importer was told to refuse it."
            )
            return
        known = await self._connection.fetchval(
            "SELECT count(*) FROM worker.auftrag WHERE reference = $1 AND state IN ('imported', 'sent')",
            order.reference,
        )
        if known:
            await self._note(order.reference, "duplicate", "An order with this external number is there already.")
            return
        skus = [position.sku for position in order.positions]
        there = await self._connection.fetch('SELECT "cArtNr" FROM dbo."tArtikel" WHERE "cArtNr" = ANY($1)', skus)
        unknown = sorted(set(skus) - {row[0] for row in there})
        if unknown:
            await self._note(
                order.reference, "refused", f"Order {order.reference}: there is no article {', '.join(unknown)}."
            )
            return
        await self._note(order.reference, "imported", "", order)

    async def _note(self, reference: str, state: str, reason: str, order: Order | None = None) -> None:
        now = self._clock.now()
        await self._connection.execute(
            "INSERT INTO worker.auftrag (reference, state, reason, shipping_method, lines, due, at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            reference,
            state,
            reason,
            order.shipping_method if order else "",
            msgspec.json.encode(order.positions if order else []).decode(),
            now + timedelta(seconds=self.send_seconds) if order else None,
            now,
        )
        self.log.append(f"{reference or 'A document'}: {state}{f' - {reason}' if reason else ''}")

    async def _send(self) -> int:
        rows = await self._connection.fetch(
            "SELECT * FROM worker.auftrag WHERE state = 'imported' AND due <= $1 ORDER BY due LIMIT 200",
            self._clock.now(),
        )
        for row in rows:
            async with self._connection.transaction():
                await self._send_one(row)
        return len(rows)

    async def _send_one(self, row: asyncpg.Record) -> None:
        positions = msgspec.json.decode(row["lines"], type=list[Position])
        for position in positions:
            await self._take_out(position)
        sent = self._clock.now().astimezone(BERLIN).replace(tzinfo=None)
        note = await self._connection.fetchval(
            'INSERT INTO "Versand"."lvLieferschein"'
            ' ("cLieferscheinNr", "cBestellNr", "cBestellungInetBestellNr", "dErstellt", "dVersendet")'
            ' VALUES ($1, $2, $3, $4, $4) RETURNING "kLieferschein"',
            f"LS-{row['number']:06}",
            f"AU-{row['number']:06}",
            row["reference"],
            sent,
        )
        units = sum(position.quantity for position in positions)
        for parcel in range(2 if units >= _HEAVY else 1):
            await self._connection.execute(
                'INSERT INTO "Versand"."lvLieferscheinpaket"'
                ' ("kLieferschein", "cVersandartName", "cTrackingId", "dVersendet") VALUES ($1, $2, $3, $4)',
                note,
                row["shipping_method"],
                self._tracking(row["shipping_method"], row["reference"], parcel),
                sent,
            )
        await self._connection.execute("UPDATE worker.auftrag SET state = 'sent' WHERE number = $1", row["number"])
        self.log.append(f"{row['reference']}: sent")

    async def _take_out(self, position: Position) -> None:
        """Take goods from the first warehouse that has them, else from the first: stock may go below nothing."""
        await self._connection.execute(
            """
            UPDATE dbo."vLagerbestandProLager" SET "fBestand" = "fBestand" - $2
            WHERE ("kArtikel", "kWarenlager") = (
                SELECT s."kArtikel", s."kWarenlager" FROM dbo."vLagerbestandProLager" s
                JOIN dbo."tArtikel" a USING ("kArtikel") WHERE a."cArtNr" = $1
                ORDER BY s."fBestand" < $2, s."kWarenlager" LIMIT 1)
            """,
            position.sku,
            position.quantity,
        )

    def _tracking(self, method: str, reference: str, parcel: int) -> str:
        start = next((code for name, code in _CARRIERS.items() if name in method.lower()), "SBX")
        return start + self._dice.letters(14, "jtl", reference, parcel, alphabet="0123456789")

    # What people and tests do

    async def set_stock(self, sku: str, warehouse: int, quantity: int) -> bool:
        """Let there be so much of an article; False if there is no such article or warehouse."""
        async with self._one_at_a_time:
            done = await self._connection.execute(
                """
                INSERT INTO dbo."vLagerbestandProLager"
                SELECT a."kArtikel", w."kWarenLager", $3 FROM dbo."tArtikel" a, dbo."tWarenLager" w
                WHERE a."cArtNr" = $1 AND w."kWarenLager" = $2
                ON CONFLICT ("kArtikel", "kWarenlager") DO UPDATE SET "fBestand" = excluded."fBestand"
                """,
                sku,
                warehouse,
                quantity,
            )
            return bool(done.endswith(" 1"))

    async def send_now(self) -> int:
        """Send everything that was imported, whether it is due or not."""
        async with self._one_at_a_time:
            await self._connection.execute(
                "UPDATE worker.auftrag SET due = $1 WHERE state = 'imported'", self._clock.now()
            )
            return await self._send()

    async def orders(self, limit: int = 50) -> list[WawiOrder]:
        """Return the latest orders with their parcels."""
        async with self._one_at_a_time:
            rows = await self._connection.fetch(
                """
                SELECT o.number, o.reference, o.state, o.reason, o.at,
                    array_remove(array_agg(DISTINCT n."cLieferscheinNr"), NULL) AS notes,
                    array_remove(array_agg(p."cTrackingId" ORDER BY p."kInternePaketnummer"), NULL) AS tracking
                FROM worker.auftrag o
                LEFT JOIN "Versand"."lvLieferschein" n
                    ON o.state = 'sent' AND n."cBestellungInetBestellNr" = o.reference
                LEFT JOIN "Versand"."lvLieferscheinpaket" p USING ("kLieferschein")
                GROUP BY o.number ORDER BY o.number DESC LIMIT $1
                """,
                limit,
            )
        return [WawiOrder(**dict(row)) for row in rows]

    async def counts(self) -> dict[str, int]:
        """Return how many orders wait, were imported, sent, refused."""
        async with self._one_at_a_time:
            rows = await self._connection.fetch("SELECT state, count(*) AS n FROM worker.auftrag GROUP BY state")
            waiting = await self._connection.fetchval('SELECT count(*) FROM dbo."tXMLBestellImport"')
        return {"waiting": int(waiting or 0), **{row["state"]: int(row["n"]) for row in rows}}
