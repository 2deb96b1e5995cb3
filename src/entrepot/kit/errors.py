"""The errors this product raises on purpose.

There are five kinds because a caller can do five different things about them: look elsewhere, reload,
change the request, sign in as someone else, or wait.  HTTP statuses live in :mod:`entrepot.web.problems`;
nothing below it knows them.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from entrepot.kit.text import N_

type Fact = str | int | Decimal | UUID


class EntrepotError(Exception):
    """An error with a stable public *code*, a short *title* and a *message* for people.

    *message* is a template over the facts: it says what is wrong, where, and what to do.  Facts are safe to show;
    programs receive them beside the sentence.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    message: ClassVar[str]

    def __init__(self, **facts: Fact) -> None:
        self.facts = facts
        super().__init__(self.message.format(**facts))

    @property
    def detail(self) -> str:
        """The sentence in English."""
        return str(self)

    @property
    def told(self) -> tuple[str, Mapping[str, Fact]]:
        """The sentence as a template and its facts: in this form it can be stored and translated later."""
        return self.message, self.facts


class NotFoundError(EntrepotError):
    """The thing does not exist, or the caller may not know that it does."""


class ConflictError(EntrepotError):
    """The thing changed under the caller, or already is what they asked for."""


class RefusedError(EntrepotError):
    """A business rule says no; the same request will be refused again."""


class ForbiddenError(EntrepotError):
    """The caller is known and may not do this."""


class UnavailableError(EntrepotError):
    """Something we depend on is away; the same request may succeed later."""


class InvalidInputError(RefusedError):
    """What was entered breaks the form's own rules; *problems* names each field and what to change."""

    code = "kit.invalid_input"
    title = N_("Please check what you entered")
    message = N_("{count} field(s) need a change.")

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        """Field name -> sentence."""
        super().__init__(count=len(problems))
