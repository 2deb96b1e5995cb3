"""``entrepot user add`` and ``entrepot seller add``."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.service.setup import create_seller, create_user
from entrepot.access.views import sellers
from entrepot.kit.database import Database
from entrepot.kit.errors import NotFoundError
from entrepot.kit.postgres import running_server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.text import N_


def as_instance[T](work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Run *work* in one transaction of the instance itself, which sees every seller."""
    settings = Settings()
    box = SecretBox(settings.keys)

    async def run() -> T:
        url = server.asyncpg(server.application)
        async with (
            Database(url, box.derive("scope"), pool=1) as database,
            database.transaction(Scope.all_sellers()) as session,
        ):
            return await work(session)

    with running_server(settings, box) as server:
        return asyncio.run(run())


class UnknownSellerError(NotFoundError):
    """No seller of this name."""

    code = "cli.unknown_seller"
    title = N_("Unknown seller")
    message = N_("There is no seller called “{name}”. There are: {known}.")


async def seller_id_of(session: AsyncSession, name: str) -> UUID:
    """Return the seller called *name*.

    Raises:
        UnknownSellerError: there is none.
    """
    known = await sellers(session)
    for seller in known:
        if seller.name.lower() == name.lower():
            return seller.id
    raise UnknownSellerError(name=name, known=", ".join(seller.name for seller in known) or "none")


def add_user(email: str, *, name: str, role: str, seller: str) -> None:
    """Add a user, and print the password they change after signing in."""

    async def work(session: AsyncSession) -> str:
        seller_id = await seller_id_of(session, seller) if seller else None
        return (await create_user(session, email, name=name, role=role, seller_id=seller_id)).password

    password = as_instance(work)
    print(f"{email} may sign in at {Settings().address} with the password {password}")


def add_seller(name: str, *, currency: str, country: str) -> None:
    """Add a seller."""
    made = as_instance(lambda session: create_seller(session, name, currency=currency, country=country))
    print(f"Added {made.name} ({made.id}).")
