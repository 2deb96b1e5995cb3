"""Takes invoices in: many in a few statements, each of them once, none of them stopping the others."""

from collections.abc import Sequence
from itertools import chain
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.kit import outbox
from entrepot.kit.errors import EntrepotError, UnavailableError
from entrepot.kit.sentence import sentence
from entrepot.orders.creating import NewOrder, OrderCreation
from entrepot.orders.invoices.crediting import Crediting
from entrepot.orders.invoices.errors import (
    CANCELLED_BEFORE,
    CREDIT_STANDS,
    NOT_STORED,
    NOTHING_LEFT,
    NUMBER_TAKEN,
    SCATTERED,
    UNKNOWN_CODE,
    WAS_INVOICE,
)
from entrepot.orders.invoices.events import InvoiceReceived
from entrepot.orders.invoices.numbers import split_number
from entrepot.orders.invoices.ordering import order_of
from entrepot.orders.invoices.reading import Defaults, Reading, fingerprint, nameless, read_invoice
from entrepot.orders.invoices.refs import (
    InvoiceDraft,
    InvoiceLine,
    InvoiceRef,
    Kind,
    Problem,
    Result,
    SourceRef,
    State,
    Taken,
)
from entrepot.orders.invoices.repository import InvoiceRepository, claim_row
from entrepot.orders.invoices.storing import Item, Told, attention, objection, together, told, wish_rows, written
from entrepot.orders.invoices.updating import Updating
from entrepot.orders.repository import OrderRepository
from entrepot.orders.reserving import NOT_SELLABLE

log = structlog.get_logger()
MOST = 1000
"""Invoices in one transaction."""
DEADLOCK, SERIALIZATION = "40P01", "40001"


class InvoiceIntake:
    """Takes the invoices of one source."""

    def __init__(self, session: AsyncSession, source: SourceRef) -> None:
        self._session = session
        self._source = source
        self._import_id: UUID | None = None
        self._invoices = InvoiceRepository(session)
        self._catalog = CatalogService(session)

    async def take(self, raws: Sequence[object], *, origin: str, import_id: UUID | None = None) -> list[Taken]:
        """Take invoices, in their order; the same number twice counts as sent twice.

        Args:
            raws: as they came: objects, or whatever came in their place.
            origin: ``api``, ``file`` or ``folder``.
            import_id: the file; there, the same number twice is one invoice whose rows do not stand together.

        Returns:
            One outcome each, in their order.
        """
        self._import_id = import_id
        defaults = Defaults(self._source.currency, self._source.country)
        items = [
            Item(
                raw=raw if isinstance(raw, dict) else {"content": raw},
                reading=read_invoice(raw, defaults),
                origin=origin,
            )
            for raw in raws
        ]
        outcomes: dict[int, Taken] = {}
        left = list(enumerate(items))
        while left:
            first: dict[str, int] = {}
            again: list[tuple[int, Item]] = []
            for index, item in left:
                if item.number in first:
                    again.append((index, item))
                else:
                    first[item.number] = index
            batch = [items[first[number]] for number in sorted(first)]  # two requests queue, and do not deadlock
            by_number = {one.number: one for one in await self._try(batch)}
            outcomes |= {index: by_number[number] for number, index in first.items()}
            left = again
        return [outcomes[index] for index in range(len(items))]

    async def _try(self, batch: list[Item]) -> list[Taken]:
        """Take a batch; if that fails, its halves, down to the one invoice that cannot be stored."""
        if not batch:
            return []
        try:
            async with self._session.begin_nested():
                return await self._take(batch)
        except (DBAPIError, EntrepotError, ValueError, ArithmeticError) as error:
            if _concerns_all(error):
                raise
            if len(batch) == 1:
                if batch[0].failed:
                    raise
                return await self._try([_failed(batch[0], error)])
        middle = len(batch) // 2
        return [*await self._try(batch[:middle]), *await self._try(batch[middle:])]

    async def _take(self, batch: Sequence[Item]) -> list[Taken]:
        await self._invoices.claim([claim_row(self._source, item.number, *_series(item.reading)) for item in batch])
        known = await self._invoices.locked(self._source.id, [item.number for item in batch])
        results: dict[str, Told] = {}
        fresh: list[tuple[Item, InvoiceRef]] = []
        for item in batch:
            invoice = known[item.number]
            if self._import_id is not None and invoice.import_id == self._import_id:
                scattered = objection(invoice, SCATTERED)
                results[item.number] = scattered._replace(raw=together(invoice, item))
            elif item.draft is None:
                results[item.number] = attention(invoice, item.reading.problems)
            elif invoice.state is not State.ATTENTION and invoice.fingerprint == fingerprint(item.draft):
                results[item.number] = Told(Result.UNCHANGED, invoice.order_id)
            elif invoice.state is State.CANCELLED and invoice.order_id is None:
                results[item.number] = objection(invoice, CANCELLED_BEFORE)
            elif (other := _other_kind(item.draft, invoice)) is not None:
                results[item.number] = objection(invoice, other)
            else:
                fresh.append((item, invoice))
        fresh = await self._find_products(fresh, results)
        await self._create([one for one in fresh if _makes_order(*one)], results)
        await Updating(self._session, self._source).update(
            [(item, invoice) for item, invoice in fresh if _changes_order(item, invoice)], results
        )
        crediting = Crediting(self._session, self._source)
        await crediting.cancel([(item, invoice) for item, invoice in fresh if item.draft_or_raise.cancelled], results)
        await crediting.credit([(item, invoice) for item, invoice in fresh if _credits(item.draft_or_raise)], results)
        await self._store(batch, known, results)
        return [told(item, known[item.number], results[item.number]) for item in batch]

    # -- products

    async def _find_products(
        self, fresh: Sequence[tuple[Item, InvoiceRef]], results: dict[str, Told]
    ) -> list[tuple[Item, InvoiceRef]]:
        """Give each line its product; invoices with a code that nobody knows are told, and left out."""
        lines = list(chain.from_iterable(item.draft_or_raise.lines for item, _ in fresh))
        known = await self.products({line.code for line in lines}, {line.barcode for line in lines})
        ready: list[tuple[Item, InvoiceRef]] = []
        for item, invoice in fresh:
            problems: list[Problem] = []
            unknown: list[str] = []
            item.goods = []
            for position, line in enumerate(item.draft_or_raise.lines, 1):
                product = known.find(line)
                if product is None and line.code in known.no_goods:
                    continue
                if product is None:
                    unknown += [code for code in (line.code, line.barcode) if code]
                    facts = {"code": line.code or line.barcode}
                    problems.append(Problem(field=f"lines.{position}.code", sentence=sentence(UNKNOWN_CODE, facts)))
                else:
                    item.goods.append((line, product))
            if not problems and item.draft_or_raise.lines and not item.goods:
                problems.append(Problem(field="lines", sentence=sentence(NOTHING_LEFT, {})))
            if problems and not item.draft_or_raise.cancelled:
                results[item.number] = attention(invoice, problems, unknown)
            else:
                ready.append((item, invoice))
        return ready

    async def products(self, codes: set[str], barcodes: set[str]) -> "KnownCodes":
        """Return what codes and barcodes mean: what somebody said, else a SKU, else a GTIN."""
        names = {code for code in codes | barcodes if code}
        said = await self._invoices.codes(self._source.id, names) if names else {}
        goods = {code: product_id for code, product_id in said.items() if product_id is not None}
        by_id = await self._catalog.products(set(goods.values()))
        left = names - set(said)
        by_sku = await self._catalog.resolve(self._source.seller_id, left) if left else {}
        by_gtin = await self._catalog.resolve_gtins(self._source.seller_id, left - set(by_sku)) if left else {}
        chosen = {code: by_id[product_id] for code, product_id in goods.items() if product_id in by_id}
        found = {**by_gtin, **by_sku, **chosen}
        return KnownCodes(
            {code: product for code, product in found.items() if product.kind != NOT_SELLABLE},
            set(said) - set(goods),
        )

    # -- new orders

    async def _create(self, fresh: Sequence[tuple[Item, InvoiceRef]], results: dict[str, Told]) -> None:
        """Make orders."""
        numbers = [f"{self._source.order_prefix}{item.number}" for item, _ in fresh]
        taken = await OrderRepository(self._session).manual_taken(self._source.seller_id, numbers) if fresh else set()
        wanted: list[tuple[Item, NewOrder]] = []
        for (item, invoice), number in zip(fresh, numbers, strict=True):
            if number in taken:
                problem = Problem(field="number", sentence=sentence(NUMBER_TAKEN, {"order": number}))
                results[item.number] = attention(invoice, [problem])
            else:
                wanted.append((item, order_of(item, number, self._source)))
        made = (
            await OrderCreation(self._session, self._source.seller_id).create([order for _, order in wanted])
            if wanted
            else []
        )
        for (item, _), created in zip(wanted, made, strict=True):
            item.positions = list(range(1, len(item.goods) + 1))
            results[item.number] = Told(Result.CREATED, created.id, created.number)

    # -- writing

    async def _store(self, batch: Sequence[Item], known: dict[str, InvoiceRef], results: dict[str, Told]) -> None:
        changed = [item for item in batch if results[item.number].result is not Result.UNCHANGED]
        await self._invoices.write(
            [written(item, known[item.number], results[item.number], self._import_id) for item in changed]
        )
        if self._import_id is not None:
            await self._invoices.seen_in([known[item.number].id for item in batch], self._import_id)
        ordered = [
            (item, order_id) for item in changed if item.positions and (order_id := results[item.number].order_id)
        ]
        await self._invoices.write_wishes(
            [order_id for _, order_id in ordered],
            [row for item, order_id in ordered for row in wish_rows(item, order_id, self._source.seller_id)],
        )
        await outbox.record(
            self._session,
            *(
                InvoiceReceived(
                    seller_id=self._source.seller_id,
                    subject_id=known[item.number].id,
                    number=item.number,
                    source=self._source.key,
                    result=str(results[item.number].result),
                )
                for item in changed
            ),
        )


class KnownCodes:
    """What codes mean."""

    def __init__(self, products: dict[str, ProductRef], no_goods: set[str]) -> None:
        self._products = products
        self.no_goods = no_goods

    def find(self, line: InvoiceLine) -> ProductRef | None:
        """Return the product of a line: by its code, else by its barcode."""
        return self._products.get(line.code) or self._products.get(line.barcode)


def _series(reading: Reading) -> tuple[str, int | None, int]:
    """Return prefix, count and digits; what has no number is of no series."""
    return ("", None, 0) if reading.number.startswith("?") else split_number(reading.number)


def _is_goods(draft: InvoiceDraft) -> bool:
    return draft.kind is Kind.INVOICE and not draft.cancelled


def _credits(draft: InvoiceDraft) -> bool:
    return draft.kind is Kind.CREDIT and not draft.cancelled


def _other_kind(draft: InvoiceDraft, invoice: InvoiceRef) -> str | None:
    """Return why this is not what was taken under its number: the order would be another invoice's."""
    if invoice.order_id is None:
        return None
    if invoice.kind is Kind.CREDIT:
        return None if _credits(draft) else CREDIT_STANDS
    return WAS_INVOICE if draft.kind is Kind.CREDIT else None


def _makes_order(item: Item, invoice: InvoiceRef) -> bool:
    return _is_goods(item.draft_or_raise) and invoice.order_id is None


def _changes_order(item: Item, invoice: InvoiceRef) -> bool:
    return _is_goods(item.draft_or_raise) and invoice.order_id is not None


def _concerns_all(error: Exception) -> bool:
    """Tell errors of the moment, which no other invoice would escape, from those of one invoice."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or getattr(error.orig, "sqlstate", "") in {DEADLOCK, SERIALIZATION}
    return isinstance(error, UnavailableError)


def _failed(item: Item, error: Exception) -> Item:
    """Return an invoice that could not be stored as one that could not be read."""
    log.warning("invoice_not_taken", invoice=item.number, error=str(error))
    if isinstance(error, EntrepotError):
        told_as = sentence(error, {})
    else:
        cause: Any = getattr(error, "orig", None) or error
        told_as = sentence(NOT_STORED, {"reason": str(cause).splitlines()[0][:300]})
    number = item.number or nameless(item.raw)
    problem = Problem(field="", sentence=told_as)
    return Item(raw=item.raw, reading=Reading(number, None, (problem,)), origin=item.origin, failed=True)
