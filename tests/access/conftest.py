"""People who really sign in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.service import create_user
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from tests.conftest import MakeClient

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Person:
    id: UUID
    email: str
    password: str


type MakePerson = Callable[..., Awaitable[Person]]


@pytest.fixture
def make_person(database: Database) -> MakePerson:
    """Return a function that adds a user with a role for a seller, or (None) for the instance."""

    async def make(seller: SellerRef | None, role: str = "manager", password: str = PASSWORD) -> Person:
        email = f"{new_id().hex}@example.org"
        async with database.transaction(Scope.all_sellers()) as session:
            made = await create_user(
                session, email, name="Ann Smit", role=role, seller_id=seller.id if seller else None, password=password
            )
        return Person(made.user_id, email, password)

    return make


@pytest.fixture
async def stranger(make_client: MakeClient) -> httpx.AsyncClient:
    """A browser in which nobody is signed in."""
    return await make_client()


async def sign_in(client: httpx.AsyncClient, person: Person, **more: str) -> httpx.Response:
    return await client.post("/sign-in", data={"email": person.email, "password": person.password, **more})


@pytest.fixture
def make_browser(make_client: MakeClient) -> Callable[[Person], Awaitable[httpx.AsyncClient]]:
    """Return a function that opens a browser in which a person is signed in."""

    async def make(person: Person) -> httpx.AsyncClient:
        client = await make_client()
        answer = await sign_in(client, person)
        assert answer.status_code == 303, answer.text
        return client

    return make
