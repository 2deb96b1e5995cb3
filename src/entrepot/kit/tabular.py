"""Cells of tables that people make: what a text means as a number or a yes, and a sentence when it means neither."""

import re
from decimal import Decimal
from typing import Literal

from entrepot.kit import i18n
from entrepot.kit.errors import Fact
from entrepot.kit.text import N_

type DecimalMark = Literal[".", ","]
"""What stands before the cents."""

YES = frozenset({"1", "true", "yes", "y", "on", "ja", "j", "x", "wahr", "waar", "oui"})
NO = frozenset({"0", "false", "no", "n", "off", "nein", "nee", "falsch", "onwaar", "non"})
CURRENCY_SIGNS = "€$£"
THOUSAND = 3
"""Digits in a group."""


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
    plain = "".join(text.split()).strip(CURRENCY_SIGNS).replace("'", "").replace("’", "")  # noqa: RUF001 -- Swiss grouping
    grouping = r"\." if mark == "," else ","
    if not re.fullmatch(
        rf"[-+]?([0-9]+|[0-9]{{1,3}}({grouping}[0-9]{{3}})+)?({re.escape(mark)}[0-9]*)?", plain
    ) or not any(character.isdigit() for character in plain):
        raise CellError(
            N_("“{text}” is not a number. Write digits with “{mark}” before the decimals, like 1234{mark}50."),
            text=shorten(text),
            mark=mark,
        )
    return Decimal(plain.replace("." if mark == "," else ",", "").replace(mark, "."))


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
    """Return the mark before the decimals in *samples*, numbers of one table; a point if nothing tells.

    A mark tells if it is the last of both kinds, or stands alone and not before exactly three digits.
    """
    votes = 0
    for sample in samples:
        for mark, other, vote in ((",", ".", 1), (".", ",", -1)):
            before, found, after = sample.strip().rpartition(mark)
            thousands = len(after) == THOUSAND and other not in before
            if found and after.isdecimal() and mark not in before and not thousands:
                votes += vote
    return "," if votes > 0 else "."


def shorten(text: str, length: int = 60) -> str:
    """Return *text* short enough for a sentence."""
    clean = "".join(character if character.isprintable() else "�" for character in text)
    return clean if len(clean) <= length else clean[: length - 1] + "…"
