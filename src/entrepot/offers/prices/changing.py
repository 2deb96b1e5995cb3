"""What a person does to many prices at once.  Pure."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from entrepot.kit.money import round_money
from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_
from entrepot.offers.prices.domain import MOST
from entrepot.offers.prices.rounding import Ending, with_ending

NO_PRICE = N_("It is not known what it costs now, so nothing can be added, taken off or rounded.")
TOO_LOW = N_("It would cost {price}; a price must be more than 0.")
TOO_HIGH = N_("It would cost {price}; at most {most} can be asked.")
SAME = N_("It costs that already.")
NOT_LOCKED = N_("No price was set by hand.")
HUNDRED = Decimal(100)


class ChangeKind(StrEnum):
    """What is done to each price."""

    SET = "set"
    RAISE_PERCENT = "raise_percent"
    LOWER_PERCENT = "lower_percent"
    RAISE_AMOUNT = "raise_amount"
    LOWER_AMOUNT = "lower_amount"
    ROUND = "round"
    """Only the ending changes."""
    RELEASE = "release"
    """Let go of prices set by hand, so that schedules, lists and rules count again."""


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    """The same change for every offer."""

    kind: ChangeKind
    value: Decimal = Decimal(0)
    """A price, a percentage or an amount."""
    ending: Ending = Ending.NONE


def changed_price(current: Decimal | None, change: PriceChange, currency: str) -> Decimal | Sentence:
    """Return what an offer costs after a change, or why it is left alone.

    Args:
        current: what it should cost, or costs on the channel; None: not known.
        change: anything but :attr:`ChangeKind.RELEASE`.
        currency: of the offer.
    """
    if current is None and change.kind is not ChangeKind.SET:
        return Sentence(NO_PRICE)
    now = current or Decimal(0)
    match change.kind:
        case ChangeKind.RAISE_PERCENT:
            wanted = now * (1 + change.value / HUNDRED)
        case ChangeKind.LOWER_PERCENT:
            wanted = now * (1 - change.value / HUNDRED)
        case ChangeKind.RAISE_AMOUNT:
            wanted = now + change.value
        case ChangeKind.LOWER_AMOUNT:
            wanted = now - change.value
        case ChangeKind.SET:
            wanted = change.value
        case _:
            wanted = now
    cents = round_money(wanted, currency)
    if cents <= 0:
        return Sentence(TOO_LOW, {"price": str(cents)})
    # An ending never turns a rise into a fall, nor the other way about.
    floor = current if change.kind in {ChangeKind.RAISE_PERCENT, ChangeKind.RAISE_AMOUNT} else None
    ceiling = current if change.kind in {ChangeKind.LOWER_PERCENT, ChangeKind.LOWER_AMOUNT} else None
    price = with_ending(cents, change.ending, currency, floor=floor, ceiling=ceiling)
    if price > MOST:
        return Sentence(TOO_HIGH, {"price": str(price), "most": str(MOST)})
    if price == current and change.kind is not ChangeKind.SET:
        return Sentence(SAME)
    return price
