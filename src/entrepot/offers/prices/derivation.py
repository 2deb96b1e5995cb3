"""How a price came about, as it is kept with every price that is decided or sent: the JSON behind the "why" card.

Whoever decides a price fills one of these: a pricing rule, a price list, a schedule, a person.  The page renders it
without knowing the rule.  Numbers are kept as text, with the currency where it matters, so that what is shown in a
year is what was calculated with.  Sentences are templates with facts and are translated when they are read::

    {"source": "rule", "rule": {"name": "Win the buy box", "version": 3, "url": "/pricing/rules/..."},
     "inputs": [{"name": "Lowest competitor", "value": "EUR 12.49", "source": "bol.com", "at": "2026-11-21T12:00:00Z"}],
     "limits": [{"name": "Floor", "before": "EUR 9.10", "after": "EUR 9.87", "because": {"text": "..."}}],
     "steps": [{"text": "{price} less {step}", "facts": {"price": "12.49", "step": "0.05"}}],
     "changes": [{"text": "The price rises as soon as the competitor is sold out."}]}
"""

from datetime import datetime
from typing import Any, Self

import msgspec

from entrepot.kit.sentence import Sentence


class RuleRef(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What decided: a rule, a price list, a schedule."""

    name: str
    version: int = 0
    """0: it has no versions."""
    url: str = ""
    """The page on which it can be seen."""


class Input(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something the price was calculated from."""

    name: str
    """Translatable."""
    value: str
    source: str = ""
    """Where it is from: a channel, a shop, a product's page.  Translatable."""
    at: datetime | None = None
    """When it was read; its age is shown."""
    url: str = ""


class LimitHit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A limit that changed the price."""

    name: str
    """Translatable: floor, ceiling, largest step."""
    before: str
    after: str
    because: Sentence = Sentence("")


class PriceDerivation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a price is what it is."""

    source: str
    """``manual``, ``schedule``, ``list``, ``rule`` or ``base``."""
    rule: RuleRef | None = None
    inputs: tuple[Input, ...] = ()
    limits: tuple[LimitHit, ...] = ()
    """Those that bit, in the order in which they did."""
    steps: tuple[Sentence, ...] = ()
    """The way from the inputs to the price."""
    changes: tuple[Sentence, ...] = ()
    """What would change it."""

    def stored(self) -> dict[str, Any]:
        """Return it as it is kept: what has its default is left out."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        return kept

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Self:
        """Return what was kept.

        Raises:
            msgspec.ValidationError: it is none.
        """
        return msgspec.convert(stored, cls)
