"""Amounts of money: a Decimal and a currency, rounded in one place."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from babel.numbers import get_currency_precision, list_currencies

CURRENCIES = frozenset(list_currencies())
"""ISO 4217 alphabetic codes, present and past."""


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Round half up to the smallest unit of *currency*: 2 digits for EUR, 0 for JPY."""
    return amount.quantize(Decimal(1).scaleb(-get_currency_precision(currency)), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency.  Adding two currencies is a bug, and fails."""

    amount: Decimal
    currency: str

    def __add__(self, other: Self) -> "Money":
        if self.currency != other.currency:
            msg = f"cannot add {other.currency} to {self.currency}"
            raise ValueError(msg)
        return Money(self.amount + other.amount, self.currency)

    def __mul__(self, factor: int | Decimal) -> "Money":
        return Money(self.amount * factor, self.currency)

    def rounded(self) -> "Money":
        return Money(round_money(self.amount, self.currency), self.currency)
