"""bol's words about returns."""

from datetime import datetime
from typing import Literal

import msgspec

from entrepot.channels.contract_returns import ChannelReturn, ChannelReturnLine, ReturnOutcome, ReturnResult
from entrepot.connectors.bol.wire import FULFILMENT, Wire


class ReturnReason(Wire, frozen=True):
    """Why the buyer sends it back."""

    main_reason: str = ""
    detailed_reason: str | None = None
    customer_comments: str | None = None


class ProcessingResult(Wire, frozen=True):
    """What was decided about some units."""

    quantity: int = 0
    processing_result: str = ""
    handling_result: str = ""
    processing_date_time: datetime | None = None


class Customer(Wire, frozen=True):
    """Who sends it back."""

    first_name: str | None = None
    surname: str | None = None


class ReturnItem(Wire, frozen=True):
    """A line of a return."""

    rma_id: str
    expected_quantity: int
    order_id: str = ""
    ean: str | None = None
    title: str | None = None
    return_reason: ReturnReason = ReturnReason()
    track_and_trace: str | None = None
    transporter_name: str | None = None
    handled: bool = False
    processing_results: tuple[ProcessingResult, ...] = ()
    customer_details: Customer = Customer()

    def translate(self) -> ChannelReturnLine:
        return ChannelReturnLine(
            channel_return_line_id=self.rma_id,
            channel_order_id=self.order_id,
            gtin=(self.ean or "").strip() or None,
            title=self.title or "",
            quantity=self.expected_quantity,
            reason=self.return_reason.main_reason,
            detail=self.return_reason.detailed_reason or "",
            comment=self.return_reason.customer_comments or "",
            carrier=self.transporter_name or "",
            tracking=self.track_and_trace or "",
            handled=self.handled,
            results=tuple(
                ReturnResult(
                    quantity=result.quantity,
                    outcome=DECIDED.get(result.handling_result, result.handling_result or result.processing_result),
                    decided_at=result.processing_date_time,
                )
                for result in self.processing_results
            ),
        )


class Return(Wire, frozen=True):
    """A return: in a list, or ``GET /retailer/returns/{return-id}``."""

    return_id: str
    registration_date_time: datetime
    return_items: list[ReturnItem]
    fulfilment_method: Literal["FBR", "FBB"] = "FBR"

    def translate(self) -> ChannelReturn:
        people = [item.customer_details for item in self.return_items]
        names = [f"{one.first_name or ''} {one.surname or ''}".strip() for one in people]
        found = ChannelReturn(
            channel_return_id=self.return_id,
            registered_at=self.registration_date_time,
            fulfilment=FULFILMENT[self.fulfilment_method],
            buyer=next((name for name in names if name), ""),
            lines=tuple(item.translate() for item in self.return_items),
        )
        # Structs are checked when decoded, not when built.
        return msgspec.convert(msgspec.to_builtins(found, builtin_types=(datetime,)), ChannelReturn)


class ReducedReturn(Wire, frozen=True):
    """As much of a listed return as tells it from its other versions."""

    return_id: str


class Returns(Wire, frozen=True):
    """``GET /retailer/returns``; each is read by itself, so that a broken one spoils no other."""

    returns: tuple[msgspec.Raw, ...] = ()


OUTCOMES = {
    ReturnOutcome.RECEIVED: "RETURN_RECEIVED",
    ReturnOutcome.EXCHANGED: "EXCHANGE_PRODUCT",
    ReturnOutcome.REPAIRED: "REPAIR_PRODUCT",
    ReturnOutcome.REFUSED: "RETURN_DOES_NOT_MEET_CONDITIONS",
    ReturnOutcome.BUYER_KEEPS: "CUSTOMER_KEEPS_PRODUCT_PAID",
    ReturnOutcome.APPROVED_AFTER_ALL: "STILL_APPROVED",
}
DECIDED = {theirs: str(ours) for ours, theirs in OUTCOMES.items()}
