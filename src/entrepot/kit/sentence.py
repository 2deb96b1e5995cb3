"""A sentence that is stored now and read later, by people of several languages."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

import msgspec

from entrepot.kit import i18n
from entrepot.kit.errors import EntrepotError, Fact

type PlainFact = str | int


class Sentence(msgspec.Struct, frozen=True):
    """A template with its facts, or a text that is shown as it is."""

    text: str
    facts: dict[str, PlainFact] | None = None
    """None: *text* is the sentence itself, in whatever language it came."""

    @property
    def english(self) -> str:
        """The sentence as programs and logs get it."""
        return self.text if self.facts is None else fill(self.text, self.facts)

    @property
    def shown(self) -> str:
        """The sentence in the language of the request."""
        return shown(self.text, self.facts)


def sentence(text: str | EntrepotError, facts: Mapping[str, Fact]) -> Sentence:
    """Return *text* with *facts* in a form that can be stored; an error brings its own."""
    if isinstance(text, EntrepotError):
        template, own = text.told
        return Sentence(template, _plain(own))
    return Sentence(text, _plain(facts) if facts else None)


def shown(text: str, facts: Mapping[str, PlainFact] | None) -> str:
    """Return a stored sentence in the language of the request."""
    return i18n.gettext(text) if facts is None else fill(i18n.gettext(text), facts)


def fill(template: str, facts: Mapping[str, PlainFact]) -> str:
    """Put the facts in; a template that an older release stored with other ones is shown unfilled."""
    try:
        return template.format(**facts)
    except (KeyError, IndexError, ValueError):
        return template


def _plain(facts: Mapping[str, Fact]) -> dict[str, PlainFact]:
    return {name: str(fact) if isinstance(fact, (Decimal, UUID)) else fact for name, fact in facts.items()}
