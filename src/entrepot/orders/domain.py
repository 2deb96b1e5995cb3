"""Pure decisions about orders: what needs a person, what an order is worth, what its number and search words are."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from entrepot.channels.contract import PostalAddress
from entrepot.kit.money import CURRENCIES, round_money
from entrepot.kit.text import N_
from entrepot.orders.refs import OrderLineRef
from entrepot.orders.status import EDITABLE, ON_THE_FLOOR, OrderStatus

MANUAL_PREFIX = "M-"


class Attention(StrEnum):
    """Why a person has to look at an order."""

    UNKNOWN_SKU = "unknown_sku"
    UNKNOWN_CURRENCY = "unknown_currency"
    NEW_CURRENCY = "new_currency"
    ADDRESS_INCOMPLETE = "address_incomplete"
    CANCELLED_AFTER_PICK = "cancelled_after_pick"
    CANCELLED_AFTER_SHIP = "cancelled_after_ship"
    CHANGED_AFTER_RELEASE = "changed_after_release"
    PUT_BACK = "put_back"
    SHORT_PICK = "short_pick"
    ERP_REFUSED = "erp_refused"
    CANCELLED_AT_ERP = "cancelled_at_erp"
    CANCELLED_AT_CHANNEL = "cancelled_at_channel"
    CARRIER_UNMAPPED = "carrier_unmapped"


BLOCKING = frozenset(
    {
        Attention.UNKNOWN_SKU,
        Attention.UNKNOWN_CURRENCY,
        Attention.NEW_CURRENCY,
        Attention.ADDRESS_INCOMPLETE,
        Attention.ERP_REFUSED,
    }
)
"""An order with one of these is not released to picking."""

BY_ITSELF = frozenset({Attention.UNKNOWN_SKU, Attention.ADDRESS_INCOMPLETE})
"""These go away when their cause does, and cannot be waved through."""

ATTENTION_LABELS: dict[Attention, str] = {
    Attention.UNKNOWN_SKU: N_("Unknown SKU"),
    Attention.UNKNOWN_CURRENCY: N_("Unknown currency"),
    Attention.NEW_CURRENCY: N_("New currency"),
    Attention.ADDRESS_INCOMPLETE: N_("Address incomplete"),
    Attention.CANCELLED_AFTER_PICK: N_("Cancelled after picking began"),
    Attention.CANCELLED_AFTER_SHIP: N_("Cancelled after shipping"),
    Attention.CHANGED_AFTER_RELEASE: N_("Changed after release"),
    Attention.PUT_BACK: N_("Put back"),
    Attention.SHORT_PICK: N_("Short pick"),
    Attention.ERP_REFUSED: N_("Refused by the ERP"),
    Attention.CANCELLED_AT_ERP: N_("Cancel it in the ERP"),
    Attention.CANCELLED_AT_CHANNEL: N_("Cancel it on the channel"),
    Attention.CARRIER_UNMAPPED: N_("Carrier not mapped"),
}

ATTENTION_SENTENCES: dict[Attention, str] = {
    Attention.UNKNOWN_SKU: N_(
        "A line names a SKU that the catalogue does not have. Add the product, or correct the SKU of an "
        "existing one; the order goes on by itself."
    ),
    Attention.UNKNOWN_CURRENCY: N_(
        "The order is in a currency that does not exist. Compare it with the channel, then accept it or "
        "cancel the order."
    ),
    Attention.NEW_CURRENCY: N_(
        "This account never had an order in this currency. Check the price, then accept it or cancel the order."
    ),
    Attention.ADDRESS_INCOMPLETE: N_(
        "The address cannot be delivered to: a part is missing. Correct it; the order goes on by itself."
    ),
    Attention.CANCELLED_AFTER_PICK: N_(
        "The buyer cancelled while the goods were being picked or packed. Stop the parcel, cancel the order, "
        "and put the goods back."
    ),
    Attention.CANCELLED_AFTER_SHIP: N_(
        "The buyer cancelled after the parcel left. Ask the carrier to stop it, or expect a return."
    ),
    Attention.CHANGED_AFTER_RELEASE: N_(
        "The channel changed the order after it was released to picking. Compare lines and address before it is packed."
    ),
    Attention.PUT_BACK: N_(
        "The order was cancelled after its goods were taken off the shelf. Put them back, then settle this."
    ),
    Attention.SHORT_PICK: N_(
        "The picker found less on the shelf than there should be, and there is none elsewhere. Count the place; the "
        "order waits for stock, or cancel the line."
    ),
    Attention.ERP_REFUSED: N_(
        "The ERP did not take the order; the log of the run says why. Correct the order or the ERP, then settle this: "
        "the next order run hands it over again."
    ),
    Attention.CANCELLED_AT_ERP: N_(
        "The order was cancelled after the ERP got it. Cancel it there too, then settle this."
    ),
    Attention.CANCELLED_AT_CHANNEL: N_(
        "Units of the order are cancelled here, and this channel can only be told by hand. Cancel them on the channel's "
        "own pages, then settle this."
    ),
    Attention.CARRIER_UNMAPPED: N_(
        "The channel is not told about a parcel, because nobody said what it calls the carrier. Choose it on the "
        "carriers page of the channel account; the news goes out by itself."
    ),
}

NO_POSTCODE = frozenset({"IE", "HK", "AE", "QA", "PA", "BO", "AO", "GH", "KE"})
"""Countries where an address without a postcode is complete."""


class CancelStage(StrEnum):
    """What cancelling an order takes at this point of its way."""

    AUTOMATIC = "automatic"
    PUT_BACK = "put_back"
    """Goods are off the shelf: a person stops the parcel and puts them back."""
    TOO_LATE = "too_late"
    """The parcel left; only a return helps."""
    DONE = "done"


def cancel_stage(status: OrderStatus) -> CancelStage:
    """Return what cancelling takes."""
    if status in EDITABLE:
        return CancelStage.AUTOMATIC
    if status in ON_THE_FLOOR:
        return CancelStage.PUT_BACK
    return CancelStage.DONE if status is OrderStatus.CANCELLED else CancelStage.TOO_LATE


def is_complete(address: PostalAddress) -> bool:
    """Tell whether a carrier could deliver to *address*."""
    named = address.last_name or address.company or address.first_name
    has_postcode = address.postcode or address.country in NO_POSTCODE
    return bool(named and address.street and address.city and address.country and has_postcode)


def currency_attention(currency: str, *, seen: bool) -> set[Attention]:
    """Return what is odd about an order's currency.  *seen*: the account had accepted orders in it."""
    if currency not in CURRENCIES:
        return {Attention.UNKNOWN_CURRENCY}
    return set() if seen else {Attention.NEW_CURRENCY}


def is_blocked(attention: Iterable[str]) -> bool:
    """Tell whether one of these keeps an order from being picked."""
    return not BLOCKING.isdisjoint(attention)


def line_total(quantity: int, unit_price: Decimal, discount: Decimal, currency: str) -> Decimal:
    """Return what the buyer pays for a line; a discount never makes it negative."""
    return max(Decimal(0), _rounded(quantity * unit_price - discount, currency))


def goods_total(lines: Iterable[OrderLineRef], currency: str) -> Decimal:
    """Return what the buyer pays for the goods that are not cancelled."""
    return sum(
        (
            line_total(line.quantity - line.quantity_cancelled, line.unit_price, line.discount, currency)
            for line in lines
            if line.quantity > line.quantity_cancelled
        ),
        Decimal(0),
    )


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return round_money(amount, currency) if currency in CURRENCIES else amount


def ship_by(deliver_by: date | None) -> datetime | None:
    """Return the last moment to ship for delivery on *deliver_by*: the end of the day before."""
    if deliver_by is None:
        return None
    return datetime.combine(deliver_by - timedelta(days=1), time(23, 59), UTC)


def search_text(number: str, address: PostalAddress, billing: PostalAddress | None = None, extra: str = "") -> str:
    """Return the words an order is found by, in lower case."""
    postcode = address.postcode.replace(" ", "")
    words = [number, address.name, address.company, address.postcode]
    if postcode != address.postcode:
        words.append(postcode)
    if billing is not None and billing.name != address.name:
        words.append(billing.name)
    return " ".join([*filter(None, words), extra]).strip().lower()


def patterns(query: str) -> list[str]:
    """Return LIKE patterns of the words of *query*, the most telling first."""
    words = sorted({word for word in query.lower().split() if word}, key=lambda word: (-len(word), word))
    return ["%" + word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%" for word in words]
