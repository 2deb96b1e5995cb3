"""From received documents to returns: one batch, one transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.channels.accounts import AccountRef, DocumentState, ReceivedDocument, Settlement
from entrepot.channels.contract_returns import ChannelReturn, ChannelReturnLine, ReadsReturns
from entrepot.channels.service import ChannelService
from entrepot.kit import outbox
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.returns.domain import LineState, state_of, state_said
from entrepot.returns.events import ReturnChanged, ReturnReceived
from entrepot.returns.refs import ReturnLineRef, ReturnRef, Taken
from entrepot.returns.repository import OrderedLine, ReturnRepository

log = structlog.get_logger()

RETURNS = "return"
"""The kind of documents and cursors that hold returns."""
READER_BROKE = N_("The document could not be read, because of a mistake in the connector. Report it with the document.")


class Intake:
    """Takes in what one account's channel says of returns."""

    def __init__(self, session: AsyncSession, account: AccountRef) -> None:
        self._session = session
        self._account = account
        self._returns = ReturnRepository(session)

    async def run(self, connector: ReadsReturns, documents: Sequence[ReceivedDocument]) -> Taken:
        """Read *documents*, store their returns and settle them, bad ones with a reason."""
        taken = Taken()
        settlements: list[Settlement] = []
        said: dict[str, ChannelReturn] = {}
        for document in documents:
            try:
                read = connector.read_return(document.raw)
            except EntrepotError as error:
                reason = error.detail
            except Exception:  # a mistake in one connector's reader must not stop the other returns
                log.exception("reader_broke", document=document.document_id, channel=self._account.channel)
                reason = READER_BROKE
            else:
                said[read.channel_return_id] = read
                settlements.append(Settlement(id=document.id, state=DocumentState.IMPORTED))
                continue
            taken.failed += 1
            settlements.append(Settlement(id=document.id, state=DocumentState.ATTENTION, reason=reason))
        await self._store(said, taken)
        await ChannelService(self._session).settle_documents(settlements)
        return taken

    async def _store(self, said: dict[str, ChannelReturn], taken: Taken) -> None:
        known = await self._returns.known(self._account.id, said)
        numbers = {line.channel_order_id for one in said.values() for line in one.lines}
        known |= await self._named([one for key, one in said.items() if key not in known], numbers)
        ordered = await self._returns.ordered(self._account.id, numbers)
        gtins = {line.gtin for one in said.values() for line in one.lines if line.gtin}
        by_gtin = await CatalogService(self._session).resolve_gtins(self._account.seller_id, gtins)
        products = {gtin: (product.id, product.sku, product.title) for gtin, product in by_gtin.items()}
        heads: list[dict[str, Any]] = []
        lines: list[dict[str, Any]] = []
        events: list[outbox.Event] = []
        for channel_id, one in said.items():
            before = known.get(channel_id)
            if before is None:
                taken.new += 1
                head, own = self._rows(one, ordered, products)
                heads.append(head)
                lines += own
                events.append(
                    ReturnReceived(
                        seller_id=self._account.seller_id,
                        subject_id=head["id"],
                        number=head["number"],
                        order_id=str(head["order_id"] or ""),
                        units=head["units"],
                    )
                )
            else:
                event = await self._update(before, one, ordered, products)
                taken.changed += event is not None
                taken.unchanged += event is None
                events += [event] if event is not None else []
        await self._returns.add(heads, lines)
        await outbox.record(self._session, *events)

    async def _named(self, new: Sequence[ChannelReturn], numbers: set[str]) -> dict[str, ReturnRef]:
        """Return those of *new* that somebody here registered first, by the channel's numbers, which they get now."""
        waiting = await self._returns.registered(self._account.id, numbers) if new else []
        found: dict[str, ReturnRef] = {}
        for one in new:
            mine = next((known for known in waiting if _same(known, one)), None)
            if mine is None:
                continue
            waiting.remove(mine)
            line = one.lines[0]
            await self._returns.named(mine, one.channel_return_id, line.channel_return_line_id)
            lines = (msgspec.structs.replace(mine.lines[0], channel_return_line_id=line.channel_return_line_id),)
            found[one.channel_return_id] = msgspec.structs.replace(mine, lines=lines)
        return found

    def _rows(
        self,
        one: ChannelReturn,
        ordered: dict[str, list[OrderedLine]],
        products: dict[str, tuple[UUID, str, str]],
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        account, return_id = self._account, new_id()
        number = f"{account.prefix}R{one.channel_return_id}"
        states = [state_said(None, handled=line.handled) for line in one.lines]
        by_channel = str(one.fulfilment) == "channel"
        first = one.lines[0].channel_order_id
        order = next(iter(ordered.get(first, [])), None)
        lines = [
            self._line(return_id, position, line, state, ordered, products)
            for position, (line, state) in enumerate(zip(one.lines, states, strict=True))
        ]
        words = [number, first, order.number if order else "", one.buyer]
        words += [text for line in lines for text in (line["sku"], line["gtin"], line["tracking"])]
        head = {
            "id": return_id,
            "seller_id": account.seller_id,
            "account_id": account.id,
            "channel": account.channel,
            "channel_return_id": one.channel_return_id,
            "number": number,
            "channel_order_id": first,
            "order_id": order.order_id if order else None,
            "order_number": order.number if order else "",
            "buyer": one.buyer,
            "registered_at": one.registered_at,
            "fulfilment": str(one.fulfilment),
            "state": str(state_of(states, by_channel=by_channel)),
            "units": sum(line.quantity for line in one.lines),
            "search_text": " ".join(dict.fromkeys(word.lower() for word in words if word)),
        }
        return head, lines

    def _line(
        self,
        return_id: UUID,
        position: int,
        line: ChannelReturnLine,
        state: LineState,
        ordered: dict[str, list[OrderedLine]],
        products: dict[str, tuple[UUID, str, str]],
    ) -> dict[str, Any]:
        product_id, sku, title = _product(line, ordered, products)
        done = sum(result.quantity for result in line.results)
        return {
            "id": new_id(),
            "seller_id": self._account.seller_id,
            "return_id": return_id,
            "position": position,
            "channel_return_line_id": line.channel_return_line_id,
            "channel_order_id": line.channel_order_id,
            "product_id": product_id,
            "sku": sku,
            "gtin": line.gtin or "",
            "title": line.title or title,
            "quantity": line.quantity,
            "reason": line.reason,
            "comment": "; ".join(text for text in (line.detail, line.comment) if text),
            "carrier": line.carrier,
            "tracking": line.tracking,
            "state": str(state),
            "outcome": line.results[-1].outcome if line.results else "",
            "quantity_handled": min(done, line.quantity),
        }

    async def _update(
        self,
        before: ReturnRef,
        one: ChannelReturn,
        ordered: dict[str, list[OrderedLine]],
        products: dict[str, tuple[UUID, str, str]],
    ) -> ReturnChanged | None:
        """Change what the channel says otherwise than before; what we decided here stays ours."""
        own = {line.channel_return_line_id: line for line in before.lines}
        states: list[LineState] = []
        changed = False
        for position, line in enumerate(one.lines):
            known = own.get(line.channel_return_line_id)
            state = state_said(known.state if known else None, handled=line.handled)
            states.append(state)
            row = self._line(before.id, position, line, state, ordered, products)
            if known is None:
                await self._returns.add([], [row])
                changed = True
            elif differences := _differences(known, row):
                await self._returns.change_line(known.id, **differences)
                changed = True
        order = next(iter(ordered.get(before.channel_order_id, [])), None)
        values: dict[str, object] = {}
        if before.order_id is None and order is not None:
            values = {"order_id": order.order_id, "order_number": order.number}
        whole = state_of(states, by_channel=before.fulfilment == "channel")
        if whole is not before.state:
            values["state"] = str(whole)
        if not changed and not values:
            return None
        await self._returns.change(before.id, **values)
        return ReturnChanged(seller_id=before.seller_id, subject_id=before.id, number=before.number, state=str(whole))


def _same(registered: ReturnRef, one: ChannelReturn) -> bool:
    """Return whether the channel's return is of the goods of one that was registered here."""
    if len(one.lines) != 1:
        return False
    mine, line = registered.lines[0], one.lines[0]
    return (
        registered.channel_order_id == line.channel_order_id
        and mine.quantity == line.quantity
        and (not line.gtin or not mine.gtin or mine.gtin == line.gtin)
    )


def _product(
    line: ChannelReturnLine, ordered: dict[str, list[OrderedLine]], products: dict[str, tuple[UUID, str, str]]
) -> tuple[UUID | None, str, str]:
    """Find what came back: by the order, else by the number on the goods."""
    candidates = ordered.get(line.channel_order_id, [])
    found = [one for one in candidates if line.gtin and one.gtin == line.gtin]
    if not found and len(candidates) == 1:
        found = candidates
    if found:
        return found[0].product_id, found[0].sku, found[0].title
    return products.get(line.gtin or "", (None, "", ""))


def _differences(known: ReturnLineRef, row: dict[str, Any]) -> dict[str, object]:
    """Return what is to change about a stored line.  An answer that leaves something out takes nothing away."""
    told = ("title", "comment", "carrier", "tracking", "reason")
    values: dict[str, object] = {name: row[name] for name in told if row[name] and row[name] != getattr(known, name)}
    if known.product_id is None and row["product_id"] is not None:
        values |= {"product_id": row["product_id"], "sku": row["sku"]}
    if row["state"] != known.state:
        values |= {"state": row["state"], "problem": ""}
        if not known.goods:  # decided elsewhere: on the channel's own pages
            values |= {"outcome": row["outcome"], "quantity_handled": row["quantity_handled"]}
    return values
