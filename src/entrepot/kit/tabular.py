"""Cells of tables that people make: what a text means as a number, an amount or a yes, and sentences when it does not."""

from decimal import Decimal, InvalidOperation
from typing import Literal

from entrepot.kit import i18n
from entrepot.kit.errors import Fact
from entrepot.kit.text import N_

type DecimalMark = Literal[".", ","]
"""What stands before the cents."""

YES = frozenset({"1", "true", "yes", "y", "on", "ja", "j", "x", "wahr", "waar", "oui"})
NO = frozenset({"0", "false", "no", "n", "off", "nein", "nee", "falsch", "onwaar", "non"})
CURRENCY_SIGNS = "€$£"


class CellError(ValueError):
    """A cell or a field of a form cannot be used.

    *template* is a translatable sentence over *facts*: what is wrong and what to write instead.
    """

    def __init__(self, template: str, **facts: Fact) -> None:
        self.template = template
        self.facts = facts
        super().__init__(template.format(**facts))

    @property
    def sentence(self) -> str:
        """What is wrong, in the language of the request."""
        return i18n.gettext(self.template).format(**self.facts)


def read_decimal(text: str, mark: DecimalMark = ".") -> Decimal:
    """Return the number *text* stands for.  The other mark, spaces and apostrophes group thousands.

    Raises:
        CellError: it is no number, or its marks contradict *mark*.
    """
    other = "," if mark == "." else "."
    plain = "".join(text.split()).strip(CURRENCY_SIGNS).replace("'", "").replace("’", "")  # noqa: RUF001 -- Swiss grouping
    whole, _, fraction = plain.partition(mark)
    groups = whole.split(other)
    grouped_right = len(groups) == 1 or (
        1 <= len(groups[0].lstrip("-")) <= 3 and all(len(group) == 3 for group in groups[1:])  # noqa: PLR2004 -- thousands
    )
    digits = "".join(groups)
    if not grouped_right or not (digits.lstrip("-") + fraction).isdecimal() or not plain.isascii():
        raise CellError(
            N_("“{text}” is not a number. Write digits with “{mark}” before the decimals, like 1234{mark}50."),
            text=shorten(text),
            mark=mark,
        )
    try:
        return Decimal(f"{digits}.{fraction or 0}")
    except InvalidOperation:
        raise CellError(N_("“{text}” is not a number."), text=shorten(text)) from None


def read_whole(text: str, mark: DecimalMark = ".") -> int:
    """Return the whole number *text* stands for.

    Raises:
        CellError: it is no number, or has decimals.
    """
    number = read_decimal(text, mark)
    if number != number.to_integral_value():
        raise CellError(N_("“{text}” has decimals; a whole number is needed."), text=shorten(text))
    return int(number)


def read_flag(text: str) -> bool:
    """Return what *text* answers: yes or no, in the languages of the hub.

    Raises:
        CellError: it is neither.
    """
    word = text.strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise CellError(N_("“{text}” is neither yes nor no. Write yes or no."), text=shorten(text))


def guess_mark(samples: list[str]) -> DecimalMark:
    """Return the mark that stands before the decimals in *samples*, numbers from one table; a point if nothing tells."""
    votes = 0
    for sample in samples:
        for mark, vote in ((",", 1), (".", -1)):
            before, found, after = sample.strip().rpartition(mark)
            if (
                found
                and before
                and after.isdecimal()
                and (len(after) != 3 or mark in before) is (before.count(mark) == 0)
            ):  # noqa: PLR2004 -- thousands
                votes += vote
    return "," if votes > 0 else "."


def shorten(text: str, length: int = 60) -> str:
    """Return *text* short enough for a sentence."""
    clean = "".join(character if character.isprintable() else "�" for character in text)
    return clean if len(clean) <= length else clean[: length - 1] + "…"
