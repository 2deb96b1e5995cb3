"""Invented buyers with Dutch, Belgian and German names and addresses.

Names, streets and towns are common ones; postcodes lie in the town's real range.  Which buyer a customer gets depends
on the seed only, so the same customer always lives at the same address.
"""

import msgspec

from entrepot.sandbox.dice import Dice
from entrepot.sandbox.retail.people_names import (
    BELGIAN_FIRST,
    BELGIAN_LAST,
    BELGIAN_STREETS,
    BELGIAN_TOWNS,
    DUTCH_FIRST,
    DUTCH_LAST,
    DUTCH_STREETS,
    DUTCH_TOWNS,
    GERMAN_FIRST,
    GERMAN_LAST,
    GERMAN_STREETS,
    GERMAN_TOWNS,
)

_COUNTRY_OF = {"Netherlands": "NL", "Belgium": "BE", "Germany": "DE"}
"""Buyers of the data set who live where bol.com delivers stay there; all others are spread by lot."""
_SPREAD = ("NL",) * 13 + ("BE",) * 5 + ("DE",) * 2
_POSTCODE_LETTERS = "ABCDEFGHJKLMNPRSTVWXZ"
_MAIL_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_HOUSES, _EXTENSION_ONE_IN, _COMPANY_ONE_IN, _BILLED_ELSEWHERE_ONE_IN = 180, 8, 12, 15


class Person(msgspec.Struct, frozen=True):
    """A buyer as bol.com describes one; optional parts are empty."""

    salutation: str
    first_name: str
    surname: str
    street: str
    house_number: str
    house_number_extension: str
    postcode: str
    city: str
    country: str
    email: str
    company: str = ""
    language: str = "nl"


class _Country(msgspec.Struct, frozen=True):
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]
    streets: tuple[str, ...]
    towns: tuple[tuple[str, int, int], ...]
    company: str


_COUNTRIES = {
    "NL": _Country(*DUTCH_FIRST, DUTCH_LAST, DUTCH_STREETS, DUTCH_TOWNS, "{} Cadeaus B.V."),
    "BE": _Country(*BELGIAN_FIRST, BELGIAN_LAST, BELGIAN_STREETS, BELGIAN_TOWNS, "{} Geschenken BV"),
    "DE": _Country(*GERMAN_FIRST, GERMAN_LAST, GERMAN_STREETS, GERMAN_TOWNS, "{} Geschenke GmbH"),
}
_FRENCH_SPEAKING = frozenset({"Liège", "Namur", "Charleroi"})


_KNOWN: dict[tuple[int, str, str], Person] = {}
"""People imagined before: they are the same whoever asks, and whichever world."""
_MOST_KNOWN = 10_000


class Population:
    """The people of one world."""

    def __init__(self, seed: int) -> None:
        self.dice = Dice(seed)

    def buyer(self, who: str, country: str) -> Person:
        """The person who is *who*, living in *country* (as the data set calls it, or a code) where we have one."""
        if known := _KNOWN.get((self.dice.seed, who, country)):
            return known
        person = self._imagine(who, country)
        if len(_KNOWN) < _MOST_KNOWN:
            _KNOWN[self.dice.seed, who, country] = person
        return person

    def _imagine(self, who: str, country: str) -> Person:
        dice = self.dice
        code = _COUNTRY_OF.get(country) or (country if country in _COUNTRIES else dice.pick(_SPREAD, "country", who))
        names = _COUNTRIES[code]
        woman = dice.below(2, "salutation", who) == 0
        surname = dice.pick(names.surnames, "surname", who)
        town, lowest, highest = dice.pick(names.towns, "town", who)
        company = dice.below(_COMPANY_ONE_IN, "company", who) == 0
        return Person(
            salutation="FEMALE" if woman else "MALE",
            first_name=dice.pick(names.women if woman else names.men, "first name", who),
            surname=surname,
            street=dice.pick(names.streets, "street", who),
            house_number=str(1 + dice.below(_HOUSES, "house", who)),
            house_number_extension=self._extension(who),
            postcode=self._postcode(code, lowest, highest, who),
            city=town,
            country=code,
            email=f"{dice.letters(30, 'mail', who, alphabet=_MAIL_LETTERS)}@verkopen.sandbox.example",
            company=names.company.format(surname.split()[-1]) if company else "",
            language=_language(code, town),
        )

    def payer(self, who: str, buyer: Person) -> Person:
        """Who gets the bill: mostly the buyer."""
        if self.dice.below(_BILLED_ELSEWHERE_ONE_IN, "billed elsewhere", who):
            return buyer
        return self.buyer(f"{who}, payer", buyer.country)

    def _extension(self, who: str) -> str:
        if self.dice.below(_EXTENSION_ONE_IN, "extension", who):
            return ""
        return self.dice.pick(("A", "B", "bis", "2", "III"), "which extension", who)

    def _postcode(self, country: str, lowest: int, highest: int, who: str) -> str:
        number = lowest + self.dice.below(highest - lowest + 1, "postcode", who)
        if country == "NL":
            return f"{number}{self.dice.letters(2, 'postcode letters', who, alphabet=_POSTCODE_LETTERS)}"
        return f"{number:05d}" if country == "DE" else str(number)


def _language(country: str, town: str) -> str:
    if country == "BE":
        return "fr-BE" if town in _FRENCH_SPEAKING else "nl-BE"
    return "nl"
