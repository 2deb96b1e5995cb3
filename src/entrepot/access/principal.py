"""Who makes a request, what they may do, and whose rows they see."""

from dataclasses import dataclass
from uuid import UUID

from entrepot.access.errors import ChooseSellerError
from entrepot.access.rights import Right
from entrepot.kit.database import Actor
from entrepot.kit.scope import Scope


@dataclass(frozen=True, slots=True)
class SellerRef:
    """A seller as pages show it."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A signed-in user, or a program with an API key or a token."""

    actor: Actor
    email: str = ""
    rights: frozenset[Right]
    sellers: tuple[SellerRef, ...]
    """Every seller they may work for, by name."""
    seller: SellerRef | None
    """The one they work for now; None: all of :attr:`sellers` at once."""
    everywhere: bool = False
    """They reach the whole instance, also its rows that belong to no seller."""
    instance_rights: frozenset[Right] = frozenset()
    """What they may do wherever they look: what a role for the one seller they look at adds is not in it."""
    by_badge: bool = False
    """Signed in with a badge on a shared device."""
    withheld: frozenset[Right] = frozenset()
    """What they could do if they had signed in with their password instead."""
    locale: str = "en"
    time_zone: str = "Europe/Amsterdam"

    @property
    def name(self) -> str:
        return self.actor.name

    @property
    def scope(self) -> Scope:
        """What their transactions see."""
        if self.seller is not None:
            return Scope.of(self.seller.id)
        if self.everywhere:
            return Scope.all_sellers()
        return Scope.over(seller.id for seller in self.sellers)

    def can(self, right: str) -> bool:
        return right in self.rights

    def seller_id(self) -> UUID:
        """Return the one seller to write for.

        Raises:
            ChooseSellerError: they look at several sellers at once.
        """
        if self.seller is not None:
            return self.seller.id
        if len(self.sellers) == 1:
            return self.sellers[0].id
        raise ChooseSellerError
