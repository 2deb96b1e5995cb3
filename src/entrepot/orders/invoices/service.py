"""Invoices as pages, programs and jobs use them.  Runs inside the caller's transaction and never commits."""

import re
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.kit import outbox
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.money import CURRENCIES
from entrepot.kit.text import N_
from entrepot.orders.invoices.errors import (
    CreditStandsError,
    FolderTakenError,
    InvoiceNotFoundError,
    InvoiceShippedError,
    NotWaitingError,
    SourceNotFoundError,
    SourceTakenError,
    TooManyInvoicesError,
    VoidRangeError,
    WrongProductError,
)
from entrepot.orders.invoices.events import InvoiceSettled, SourceChanged
from entrepot.orders.invoices.intake import MOST, InvoiceIntake
from entrepot.orders.invoices.reading import read_invoice
from entrepot.orders.invoices.refs import InvoiceRef, Kind, Result, SourceRef, State, Taken
from entrepot.orders.invoices.repository import InvoiceRepository
from entrepot.orders.reserving import NOT_SELLABLE

MOST_VOID = 1000
AGAIN = 500
"""Waiting invoices that are taken together."""
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_FOLDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}", re.ASCII)
LONGEST = 500


class InvoiceService:
    """Invoices and their sources within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._invoices = InvoiceRepository(session)

    # -- sources

    async def source(self, seller_id: UUID, key: str) -> SourceRef:
        """Return a source by its short name.

        Raises:
            SourceNotFoundError: the seller has none.
        """
        found = await self._invoices.source(key.replace("\0", ""), seller_id)
        if found is None:
            raise SourceNotFoundError(source=key[:60])
        return found

    async def source_by_id(self, source_id: UUID) -> SourceRef:
        """Return a source.

        Raises:
            SourceNotFoundError: there is none, or it is another seller's.
        """
        found = await self._invoices.source_by_id(source_id)
        if found is None:
            raise SourceNotFoundError(source=str(source_id))
        return found

    async def make_source(self, seller_id: UUID, key: str, name: str, **values: Any) -> SourceRef:  # noqa: ANN401 -- see change_source
        """Make a source; *values* as :meth:`change_source`.

        Raises:
            InvalidInputError, FolderTakenError: as :meth:`change_source`.
            SourceTakenError: its key is in use.
        """
        if not _KEY.fullmatch(key):
            raise InvalidInputError({"key": N_("Use up to 40 small letters, digits and dashes, like “exact-nl”.")})
        _check({"name": name, **values})
        row = {"id": new_id(), "seller_id": seller_id, "key": key, "name": name.strip()}
        if not await self._invoices.add_source(row):
            raise SourceTakenError(source=key)
        made = await self.source(seller_id, key)
        await self._tell(made, "made")
        return await self.change_source(made.id, **values) if values else made

    async def change_source(self, source_id: UUID, **values: Any) -> SourceRef:  # noqa: ANN401 -- columns of a source
        """Set up a source.

        Args:
            source_id: which.
            values: any of ``name``, ``order_prefix``, ``currency``, ``country``, ``warehouse_id``, ``folder``,
                ``folder_watched``, ``mapping``.

        Raises:
            InvalidInputError: a value makes no sense.
            FolderTakenError: another source has that folder.
        """
        source = await self.source_by_id(source_id)
        _check(values)
        if values.get("folder") == "":
            values["folder"] = None
        if not values.get("folder", source.folder):
            values["folder_watched"] = False
        try:
            async with self._session.begin_nested():
                await self._invoices.change_source(source_id, values)
        except IntegrityError as error:
            raise FolderTakenError(folder=str(values.get("folder"))) from error
        await self._tell(source, "changed", ", ".join(sorted(values)))
        return await self.source_by_id(source_id)

    async def remember_mapping(self, source_id: UUID, mapping: dict[str, str]) -> None:
        """Keep which column of this program's files is which."""
        await self._invoices.change_source(source_id, {"mapping": mapping})

    # -- taking

    async def take(
        self, source: SourceRef, raws: Sequence[object], *, origin: str, import_id: UUID | None = None
    ) -> list[Taken]:
        """Take invoices; each ends as an order, as nothing new, or before a person.

        Raises:
            TooManyInvoicesError: more than one transaction takes.
        """
        if len(raws) > MOST:
            raise TooManyInvoicesError(count=len(raws), most=MOST)
        return await InvoiceIntake(self._session, source).take(raws, origin=origin, import_id=import_id)

    async def find(self, invoice_id: UUID) -> InvoiceRef:
        """Return an invoice.

        Raises:
            InvoiceNotFoundError: there is none, or it is another seller's.
        """
        found = await self._invoices.find(invoice_id)
        if found is None:
            raise InvoiceNotFoundError(number=str(invoice_id))
        return found

    async def numbered(self, source: SourceRef, number: str) -> InvoiceRef:
        """Return an invoice by the number its program gave it, locked.

        Raises:
            InvoiceNotFoundError: there is none.
        """
        clean = number.replace("\0", "")
        found = (await self._invoices.locked(source.id, [clean])).get(clean)
        if found is None:
            raise InvoiceNotFoundError(number=number[:60])
        return found

    async def again(self, invoice_id: UUID, raw: object = None) -> Taken:
        """Take an invoice again that waits for a person, corrected if *raw* is given.

        Raises:
            NotWaitingError: it does not wait.
        """
        invoice = await self._waiting(invoice_id)
        source = await self.source_by_id(invoice.source_id)
        taken = (await self.take(source, [invoice.raw if raw is None else raw], origin=invoice.origin))[0]
        if taken.number != invoice.number:  # it got another number: the old row only told of the mistake
            state = State.TAKEN if invoice.order_id is not None else State.DISMISSED
            await self._settle(invoice, source, state, N_("Corrected: it has another number now."))
        return taken

    async def dismiss(self, invoice_id: UUID, reason: str) -> None:
        """Decide that nothing comes of an invoice that waits for a person.

        Raises:
            NotWaitingError: it does not wait.
            InvalidInputError: nobody said why.
        """
        invoice = await self._waiting(invoice_id)
        state = State.TAKEN if invoice.order_id is not None else State.DISMISSED
        await self._settle(invoice, await self.source_by_id(invoice.source_id), state, _reason(reason))

    async def cancel(self, source: SourceRef, number: str, reason: str = "") -> Taken:
        """Cancel an invoice and its order; one that is cancelled stays so.

        Raises:
            InvoiceNotFoundError: there is none.
            InvoiceShippedError: its goods have left.
            CreditStandsError: it is a credit note that took goods back.
        """
        invoice = await self.numbered(source, number)
        if invoice.kind is Kind.CREDIT and invoice.order_id is not None:
            raise CreditStandsError(number=invoice.number)
        if invoice.order_id is None:
            await self._settle(invoice, source, State.CANCELLED, reason[:LONGEST])
            return Taken(number=number, result=Result.CANCELLED, invoice_id=invoice.id)
        word: dict[str, Any] = {
            "number": invoice.number,
            "kind": "invoice",
            "cancelled": True,
            "reason": reason[:LONGEST],
        }
        raw = {**invoice.raw, **word}
        if read_invoice(raw).draft is None:  # its last version could not be read: that does not keep it from stopping
            raw = word
        taken = (await self.take(source, [raw], origin=invoice.origin or "api"))[0]
        if taken.result is Result.ATTENTION and taken.order_id is not None:
            raise InvoiceShippedError(number=invoice.number, order=taken.order_number or str(taken.order_id))
        return taken

    # -- codes

    async def explain_code(self, source: SourceRef, code: str, sku: str | None) -> list[Taken]:
        """Say which product a code means, or with None that it means no goods; take the invoices that waited for it.

        Raises:
            WrongProductError: the catalogue has no such product.
        """
        code = code.strip()[:120]
        if not code:
            raise InvalidInputError({"code": N_("Enter the code as the invoices have it.")})
        product_id: UUID | None = None
        if sku is not None:
            found = (await CatalogService(self._session).resolve(source.seller_id, [sku.strip()])).get(sku.strip())
            if found is None or found.kind == NOT_SELLABLE:
                raise WrongProductError(sku=sku[:120])
            product_id = found.id
        await self._invoices.write_code(source, code, product_id, context_of(self._session).actor.name)
        await self._tell(source, "code", code)
        return await self.again_for(source.seller_id, [code])

    async def forget_code(self, source: SourceRef, code: str) -> None:
        """Let a code mean again what the catalogue says."""
        if await self._invoices.remove_code(source.id, code):
            await self._tell(source, "code", code)

    async def again_for(self, seller_id: UUID, codes: Collection[str]) -> list[Taken]:
        """Take the invoices again that waited for one of these codes."""
        taken: list[Taken] = []
        after = UUID(int=0)
        while waiting := await self._invoices.waiting_for(seller_id, codes, after, AGAIN):
            after = waiting[-1].id
            taken += await self._all_again(waiting)
        return taken

    async def _all_again(self, invoices: Sequence[InvoiceRef]) -> list[Taken]:
        taken: list[Taken] = []
        by_source: dict[UUID, list[InvoiceRef]] = {}
        for invoice in invoices:
            by_source.setdefault(invoice.source_id, []).append(invoice)
        for source_id, waiting in by_source.items():
            source = await self.source_by_id(source_id)
            for origin in sorted({invoice.origin for invoice in waiting}):
                theirs = [invoice.raw for invoice in waiting if invoice.origin == origin]
                taken += await self.take(source, theirs, origin=origin)
        return taken

    # -- series

    async def void(self, source: SourceRef, prefix: str, first: int, last: int, reason: str) -> int:
        """Declare numbers void that no invoice will have; return how many are void now.

        Raises:
            VoidRangeError: it is no range, or too long, or nobody said why.
        """
        if not 0 <= first <= last or last - first >= MOST_VOID or not reason.strip():
            raise VoidRangeError(most=MOST_VOID)
        who = context_of(self._session).actor.name
        count = await self._invoices.add_void(source, prefix, range(first, last + 1), reason.strip()[:LONGEST], who)
        await self._tell(source, "void", f"{prefix}{first}–{last}: {reason.strip()[:LONGEST]}")
        return count

    async def not_void(self, source: SourceRef, prefix: str, serial: int) -> None:
        """Let a number be missed again."""
        if await self._invoices.remove_void(source.id, prefix, serial):
            await self._tell(source, "not_void", f"{prefix}{serial}")

    async def set_series(self, source: SourceRef, prefix: str, first: int | None, *, watched: bool) -> None:
        """Say where a series begins, and whether its gaps are of interest."""
        if first is not None and not 0 <= first < 10**15:
            raise InvalidInputError({"first": N_("Enter the first number of the series, or nothing.")})
        await self._invoices.write_series(source, prefix, first, watched=watched)
        await self._tell(source, "series", prefix)

    # -- inside

    async def _waiting(self, invoice_id: UUID) -> InvoiceRef:
        """Return an invoice that waits, locked: two people never decide about it at once."""
        invoice = await self._invoices.find(invoice_id, lock=True)
        if invoice is None:
            raise InvoiceNotFoundError(number=str(invoice_id))
        if invoice.state is not State.ATTENTION:
            raise NotWaitingError(number=invoice.number)
        return invoice

    async def _settle(self, invoice: InvoiceRef, source: SourceRef, state: State, note: str) -> None:
        await self._invoices.settle(invoice.id, state, note)
        event = InvoiceSettled(
            seller_id=invoice.seller_id,
            subject_id=invoice.id,
            number=invoice.number,
            source=source.key,
            decision="cancelled" if state is State.CANCELLED else "dismissed",
            reason=note,
        )
        await outbox.record(self._session, event)

    async def _tell(self, source: SourceRef, what: str, detail: str = "") -> None:
        event = SourceChanged(
            seller_id=source.seller_id, subject_id=source.id, source=source.key, what=what, detail=detail
        )
        await outbox.record(self._session, event)


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidInputError({"reason": N_("Say why: the reason is kept with the invoice.")})
    return text.strip()[:LONGEST]


def _check(values: dict[str, Any]) -> None:
    problems: dict[str, str] = {}
    if "name" in values and not 1 <= len(str(values["name"]).strip()) <= 120:  # noqa: PLR2004 -- fits a heading
        problems["name"] = N_("Enter a name of at most 120 characters.")
    if values.get("currency", "EUR") not in CURRENCIES:
        problems["currency"] = N_("There is no such currency. Use the three letters of ISO 4217, such as EUR.")
    if (country := values.get("country", "")) and not (len(country) == 2 and country.isascii() and country.isupper()):  # noqa: PLR2004 -- two letters
        problems["country"] = N_("Write the country as two letters, like NL or DE.")
    if len(values.get("order_prefix", "")) > 12:  # noqa: PLR2004 -- order numbers stay readable
        problems["order_prefix"] = N_("Use at most 12 characters.")
    if (folder := values.get("folder")) and not _FOLDER.fullmatch(folder):
        problems["folder"] = N_("Use small letters, digits, dashes and underscores; the folder lies within “exchange”.")
    if problems:
        raise InvalidInputError(problems)
