"""Sellers: added, renamed."""

import re
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import events
from entrepot.access.domain import slug_of
from entrepot.access.errors import NameTakenError, UnknownSellerError
from entrepot.access.models import Seller
from entrepot.access.principal import SellerRef
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

NAME_MAX = 120


class SellerService:
    """Sellers of the instance.  The transaction must see all sellers; changing one may also be in its own scope."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def create(self, name: str, *, currency: str = "EUR", country: str = "NL") -> SellerRef:
        """Add a seller.

        Raises:
            InvalidInputError: a name is missing, or a code is none.
            NameTakenError: there is one of this name.
        """
        name, currency, country = _checked(name, currency, country)
        seller = Seller(
            id=new_id(), name=name, slug=slug_of(name), currency=currency, country=country, created_at=now()
        )
        try:
            async with self._session.begin_nested():
                self._session.add(seller)
        except IntegrityError as error:
            raise NameTakenError(name=name) from error
        await outbox.record(self._session, events.SellerCreated(seller_id=seller.id, subject_id=seller.id, name=name))
        return SellerRef(seller.id, name)

    async def change(self, seller_id: UUID, *, name: str, currency: str, country: str) -> None:
        """Change what a seller is called and where it is at home.  Its slug stays: others may have it written down.

        Raises:
            InvalidInputError: a name is missing, or a code is none.
            UnknownSellerError: there is no such seller in sight.
        """
        name, currency, country = _checked(name, currency, country)
        seller = await self._session.get(Seller, seller_id)
        if seller is None:
            raise UnknownSellerError
        seller.name, seller.currency, seller.country = name, currency, country
        await self._session.flush()
        await outbox.record(self._session, events.SellerChanged(seller_id=seller_id, subject_id=seller_id, name=name))


def _checked(name: str, currency: str, country: str) -> tuple[str, str, str]:
    name, currency, country = " ".join(name.split()), currency.strip().upper(), country.strip().upper()
    problems: dict[str, str] = {}
    if not name or len(name) > NAME_MAX or not name.isprintable():
        problems["name"] = N_("Give a name of at most 120 characters.")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        problems["currency"] = N_("Give the three letters of a currency, like EUR.")
    if not re.fullmatch(r"[A-Z]{2}", country):
        problems["country"] = N_("Give the two letters of a country, like NL.")
    if problems:
        raise InvalidInputError(problems)
    return name, currency, country
