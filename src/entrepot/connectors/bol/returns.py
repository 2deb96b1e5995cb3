"""Returns: open ones first, then those that were handled, each as bol lists or describes it."""

from urllib.parse import quote

import msgspec

from entrepot.channels.client import Operation
from entrepot.channels.contract import Cursor, Page, ProcessRef, RawDocument
from entrepot.channels.contract_returns import ChannelReturn, ReturnDecision, ReturnOutcome
from entrepot.channels.errors import ChannelThingMissingError, UnreadableDocumentError
from entrepot.connectors.bol import wire_returns as wire
from entrepot.connectors.bol.gate import ITEMS_PER_PAGE, NAME, BolGate
from entrepot.connectors.bol.orders import digest

LIST_RETURNS = Operation(name="returns")
READ_RETURN = Operation(name="return")
HANDLE_RETURN = Operation(name="return-handle")
METHODS = ("FBR", "FBB")
LATEST_PAGES = 4
"""Pages of handled returns, the latest first, that one sweep reads: what others handled since the last sweep."""
RETURN_DECODER = msgspec.json.Decoder(wire.Return)
REDUCED_DECODER = msgspec.json.Decoder(wire.ReducedReturn)


class Place(msgspec.Struct, frozen=True):
    """Where a sweep over the returns is."""

    handled: bool = False
    method: int = 0
    page: int = 1

    def after(self, *, full: bool) -> "Place | None":
        """Return where it goes on, or None at its end."""
        if full and (not self.handled or self.page < LATEST_PAGES):
            return Place(self.handled, self.method, self.page + 1)
        if self.method + 1 < len(METHODS):
            return Place(self.handled, self.method + 1)
        return None if self.handled else Place(handled=True)


def _place(cursor: Cursor | None) -> Place:
    if not cursor:
        return Place()
    try:
        place = msgspec.json.decode(cursor, type=Place)
    except msgspec.DecodeError:
        return Place()  # of another release: a sweep from the beginning loses nothing
    return place if place.method < len(METHODS) else Place()


class BolReturns(BolGate):
    """What comes back."""

    async def fetch_returns(self, cursor: Cursor | None) -> Page[RawDocument]:
        """Return a page of a sweep; open returns are described in full, which a list does not."""
        place = _place(cursor)
        params: dict[str, str | int] = {
            "page": place.page,
            "handled": "true" if place.handled else "false",
            "fulfilment-method": METHODS[place.method],
        }
        listed = await self._read(LIST_RETURNS, "/retailer/returns", wire.Returns, params=params)
        documents = [await self._document(bytes(entry), whole=place.handled) for entry in listed.returns]
        following = place.after(full=len(listed.returns) >= ITEMS_PER_PAGE)
        return Page(
            tuple(documents), msgspec.json.encode(following).decode() if following else "", more=following is not None
        )

    async def _document(self, entry: bytes, *, whole: bool) -> RawDocument:
        fingerprint = digest(entry)
        try:
            return_id = REDUCED_DECODER.decode(entry).return_id
        except msgspec.DecodeError as error:
            problem = UnreadableDocumentError(channel=NAME, reason=str(error)).detail
            return RawDocument(document_id=f"?{fingerprint[:12]}", fingerprint=fingerprint, raw=entry, problem=problem)
        if whole:
            return RawDocument(document_id=return_id, fingerprint=fingerprint, raw=entry)
        path = f"/retailer/returns/{quote(return_id, safe='')}"
        try:
            # Asked for as what it is: decoding finds what was damaged on its way.
            raw = bytes(await self._read(READ_RETURN, path, msgspec.Raw, subject=return_id))
        except ChannelThingMissingError:
            raw = entry
        return RawDocument(document_id=return_id, fingerprint=digest(raw), raw=raw)

    def read_return(self, raw: bytes) -> ChannelReturn:
        try:
            return RETURN_DECODER.decode(raw).translate()
        except (msgspec.DecodeError, ValueError, ArithmeticError, RecursionError) as error:
            raise UnreadableDocumentError(channel=NAME, reason=str(error)) from error

    async def handle_return(self, decision: ReturnDecision) -> ProcessRef:
        body = {"handlingResult": wire.OUTCOMES[decision.outcome], "quantityReturned": decision.quantity}
        path = f"/retailer/returns/{quote(decision.channel_return_line_id, safe='')}"
        return await self._start(HANDLE_RETURN, "PUT", path, body, subject=decision.channel_return_line_id)

    async def register_return(self, channel_line_id: str, quantity: int, outcome: ReturnOutcome) -> ProcessRef:
        body = {
            "orderItemId": channel_line_id,
            "quantityReturned": quantity,
            "handlingResult": wire.OUTCOMES[outcome],
        }
        return await self._start(HANDLE_RETURN, "POST", "/retailer/returns", body, subject=channel_line_id)
