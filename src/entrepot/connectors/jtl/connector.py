"""JTL-Wawi as an ERP."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from functools import partial
from itertools import batched
from typing import Any

from sqlalchemy import Connection, Executable, Row

from entrepot.connectors.jtl import statements
from entrepot.connectors.jtl.credentials import JtlCredentials
from entrepot.connectors.jtl.drop import DropFolder
from entrepot.connectors.jtl.order_xml import BERLIN, ENCODING, XmlOptions, order_xml, unusable
from entrepot.connectors.jtl.server import NAME, JtlServer, Target
from entrepot.connectors.jtl.tables import ARTICLE, IMPORT, READ
from entrepot.erp.contract import (
    ErpCheck,
    ErpOrder,
    ErpReport,
    ErpShipment,
    ErpStock,
    ErpWarehouse,
    HandOver,
    HandOverState,
)
from entrepot.erp.errors import ErpIncompleteError
from entrepot.erp.line import ErpLine
from entrepot.kit.clock import now

NAMED = 20
"""Missing columns that are named one by one."""
TOGETHER = 50
"""Orders that share a connection."""
MAY_NOT_ADD = (
    "The login may not add rows to dbo.tXMLBestellImport: grant it INSERT there, or hand orders over as files."
)


class JtlConnector:
    """One JTL-Wawi database, and a folder if orders go there as files."""

    def __init__(self, credentials: JtlCredentials, line: ErpLine) -> None:
        self._server = JtlServer(Target.of(credentials), line)
        self._folder = DropFolder(credentials.folder, line) if credentials.way == "file" else None
        self._options = XmlOptions(
            dialect=credentials.dialect,
            company=credentials.company,
            clerk=credentials.clerk,
            shipping_method=credentials.shipping_method,
            payment_days=credentials.payment_days,
            tax_rate=credentials.tax_rate,
        )

    @property
    def way(self) -> str:
        """``file`` or ``insert``."""
        return "insert" if self._folder is None else "file"

    async def aclose(self) -> None:
        """Keep nothing open: each piece of work has a connection of its own."""

    async def check(self) -> ErpReport:
        """Look at columns, rights and the folder."""
        checks = await self._server.run("look at tables and rights", self._look)
        warehouses: list[ErpWarehouse] = []
        if all(check.ok for check in checks):
            warehouses = await self.warehouses()
            if not warehouses:
                checks.append(
                    ErpCheck(subject="dbo.tWarenLager", ok=False, problem="No warehouse is in use in JTL-Wawi.")
                )
        if self._folder is not None:
            checks.append(await self._folder.check())
        return ErpReport(known_as=self._server.shown, checks=tuple(checks), warehouses=tuple(warehouses))

    def _look(self, connection: Connection) -> list[ErpCheck]:
        needed = READ if self._folder is not None else (*READ, IMPORT)
        found = {
            tuple(str(part).casefold() for part in row) for row in connection.execute(statements.columns_named(needed))
        }
        checks: list[ErpCheck] = []
        for table in needed:
            name = f"{table.schema}.{table.name}"
            missing = [
                column.name
                for column in table.columns
                if (str(table.schema).casefold(), table.name.casefold(), column.name.casefold()) not in found
            ]
            checks.append(ErpCheck(subject=name, ok=not missing, problem=_absent(name, missing, len(table.columns))))
        if all(check.ok for check in checks):
            checks += self._rights(connection)
        return checks

    def _rights(self, connection: Connection) -> Iterable[ErpCheck]:
        def may(table: Any, right: str) -> bool:  # noqa: ANN401 -- a table
            return bool(connection.execute(statements.may(self._server.kind, table, right)).scalar())

        if self._folder is None and not may(IMPORT, "INSERT"):
            yield ErpCheck(
                subject="dbo.tXMLBestellImport",
                ok=False,
                problem=MAY_NOT_ADD,
            )
        if may(ARTICLE, "UPDATE"):
            yield ErpCheck(
                subject="dbo.tArtikel",
                ok=True,
                problem="This login may also change articles. One that may only read is safer; the manual shows how to make it.",
            )

    async def warehouses(self) -> list[ErpWarehouse]:
        """Return warehouses in use."""
        rows = await self._rows("warehouses", statements.active_warehouses())
        return [
            ErpWarehouse(warehouse=str(key), name=name or short or str(key)) for key, name, short in map(tuple, rows)
        ]

    async def read_stock(self, skus: Sequence[str] | None = None) -> list[ErpStock]:
        """Return stock per article and warehouse in use."""
        active = [one.warehouse for one in await self.warehouses()]
        stock: list[ErpStock] = []
        if skus is None:
            after, more = 0, True
            while more:
                rows = await self._rows("stock", statements.stock_after(after))
                stock += _stock(rows, active, None)
                more = bool(rows)
                after = rows[-1][0] if rows else after
            return stock
        for chunk in statements.chunks(skus):
            asked: dict[str, list[str]] = {}
            for sku in chunk:
                asked.setdefault(_folded(sku), []).append(sku)
            stock += _stock(await self._rows("stock", statements.stock_of(chunk)), active, asked)
        return stock

    async def read_tracking(self, references: Sequence[str]) -> list[ErpShipment]:
        """Return parcels, and delivery notes that left without any."""
        shipments: list[ErpShipment] = []
        for chunk in statements.chunks(references):
            asked = {reference.casefold(): reference for reference in chunk}
            for row in await self._rows("delivery notes", statements.parcels_of(chunk)):
                reference = asked.get(row.cBestellungInetBestellNr.casefold())
                if reference is None or (row.kInternePaketnummer is None and row.note_sent is None):
                    continue  # a note that is only written: nothing is packed
                shipments.append(
                    ErpShipment(
                        reference=reference,
                        delivery_note=row.cLieferscheinNr or str(row.kLieferschein),
                        carrier=(row.cVersandartName or "").strip(),
                        tracking=(row.cTrackingId or "").strip(),
                        shipped_at=_moment(row.parcel_sent or row.note_sent),
                    )
                )
        return shipments

    async def hand_over(self, orders: Sequence[ErpOrder]) -> list[HandOver]:
        """Hand orders over one by one."""
        articles = await self._articles({line.sku for order in orders for line in order.lines})
        shipped: set[str] = set()
        for chunk in statements.chunks([order.reference for order in orders]):
            shipped |= {row[0].casefold() for row in await self._rows("orders sent", statements.shipped_among(chunk))}
        outcomes: dict[str, HandOver] = {}
        ready: dict[str, bytes] = {}
        for order in orders:
            reference = order.reference
            if reference.casefold() in shipped:
                outcomes[reference] = HandOver(reference=reference, state=HandOverState.PRESENT)
            elif problem := unusable(order) or _unknown(order, articles):
                outcomes[reference] = HandOver(reference=reference, state=HandOverState.REFUSED, problem=problem)
            else:
                ready[reference] = order_xml(order, self._options)
        for reference, new in (await self._deliver(ready)).items():
            state = HandOverState.ACCEPTED if new else HandOverState.PRESENT
            outcomes[reference] = HandOver(reference=reference, state=state)
        return [outcomes[order.reference] for order in orders]

    async def _deliver(self, ready: Mapping[str, bytes]) -> dict[str, bool]:
        """Bring documents to JTL; False for those that wait there already."""
        if self._folder is not None:
            return {reference: await self._folder.put(reference, document) for reference, document in ready.items()}
        added: dict[str, bool] = {}
        for batch in batched(ready.items(), TOGETHER, strict=False):
            started_at, started = now(), time.monotonic()
            try:
                await self._server.run("orders together", partial(_add_all, batch=batch, added=added))
            except ErpIncompleteError:
                raise ErpIncompleteError(erp=NAME, problems=MAY_NOT_ADD) from None
            finally:  # also of a batch that broke off: these orders are there
                for reference, document in batch:
                    if reference in added:
                        await self._server.note(
                            "dbo.tXMLBestellImport",
                            started_at=started_at,
                            started=started,
                            subject=reference,
                            request=document.decode(ENCODING),
                            answer="added" if added[reference] else "was there already",
                        )
        return added

    async def _articles(self, skus: set[str]) -> set[str]:
        found: set[str] = set()
        for chunk in statements.chunks(sorted(skus)):
            found |= {_folded(row[0]) for row in await self._rows("articles", statements.articles_among(chunk))}
        return found

    async def _rows(self, what: str, statement: Executable) -> list[Row[Any]]:
        return await self._server.run(what, lambda connection: list(connection.execute(statement)))


def _add_all(connection: Connection, batch: Iterable[tuple[str, bytes]], added: dict[str, bool]) -> None:
    """Add orders to those that JTL-Worker fetches; each counts at once."""
    for reference, document in batch:
        statement = statements.import_order(document.decode(ENCODING), reference)
        added[reference] = connection.execute(statement).rowcount > 0


def _absent(table: str, missing: list[str], columns: int) -> str:
    """Return what is missing of a table, as a sentence."""
    if not missing:
        return ""
    if len(missing) == columns:
        return f"{table} is missing, or the login may not read it."
    named = ", ".join(missing[:NAMED])
    return f"{table} lacks {named}, or the login may not read that. Is this version of JTL-Wawi supported?"


def _unknown(order: ErpOrder, articles: set[str]) -> str:
    unknown = list(dict.fromkeys(line.sku for line in order.lines if _folded(line.sku) not in articles))
    if not unknown:
        return ""
    named = ", ".join(f"“{sku}”" for sku in unknown[:NAMED])
    return f"JTL-Wawi has no article {named}. Make it there under this number, or correct the SKU; then hand the order over again."


def _folded(sku: str) -> str:
    """Return *sku* as SQL Server compares it: without case and without spaces at its end."""
    return sku.rstrip().casefold()


def _stock(rows: Iterable[Row[Any]], active: Sequence[str], asked: dict[str, list[str]] | None) -> list[ErpStock]:
    """Return rows as stock: under the numbers that were *asked* for, else under JTL's own."""
    stock: list[ErpStock] = []
    for _, number, buffer, warehouse, on_hand in map(tuple, rows):
        for sku in [number] if asked is None else asked.get(_folded(number), []):
            # An article that was never in stock has no row in any warehouse: it has nothing in each of them.
            for key in active if warehouse is None else [str(warehouse)]:
                if key in active and sku:
                    amount = Decimal(on_hand or 0)
                    stock.append(
                        ErpStock(
                            sku=sku,
                            warehouse=key,
                            on_hand=amount,
                            buffer=buffer or 0,
                            available=available(amount, buffer or 0),
                        )
                    )
    return stock


def available(on_hand: Decimal, buffer: int) -> int:
    """Return the whole units that may be sold of what lies in one warehouse."""
    return max(0, int(on_hand.to_integral_value(ROUND_FLOOR)) - max(0, buffer))


def _moment(local: datetime | None) -> datetime | None:
    """Return a date of JTL-Wawi, which has no zone, as a moment."""
    return None if local is None else local.replace(tzinfo=BERLIN).astimezone(UTC)
