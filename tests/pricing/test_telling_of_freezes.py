"""Whoever may resume hears of a freeze: in the hub, by their ways, and by mail in their language if they have none."""

from uuid import UUID

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.repository import PeopleRepository
from entrepot.access.service.people import add_user, membership_of
from entrepot.jobs.inline import run_inline
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.messaging.service import NotificationService
from entrepot.pricing.governor import Governor
from entrepot.pricing.tasks import TellOfFreeze
from tests.messaging.test_invitation import Mailbox, mailbox, with_mail

__all__ = ["mailbox", "with_mail"]
pytestmark = pytest.mark.anyio


async def test_who_may_resume_is_told_in_their_language(
    client: httpx.AsyncClient,
    database: Database,
    box: SecretBox,
    with_mail: Settings,
    mailbox: Mailbox,
    seller: SellerRef,
) -> None:
    async with database.transaction(Scope.all_sellers()) as session:
        people = PeopleRepository(session)
        users: dict[str, UUID] = {}
        for key, name in (("owner", "Nora"), ("picker", "Piet")):
            user = await add_user(
                session, email=f"{key}-{seller.id}@example.org", name=name, password_hash=None, locale="nl"
            )
            role = await people.role_by_key(key)
            assert role is not None
            await people.add(membership_of(user.id, seller.id, role))
            users[key] = user.id
    assert "Prices are frozen" not in (await client.get("/")).text
    async with database.transaction(Scope.of(seller.id)) as session:
        freeze = await Governor(session).freeze(seller_id=seller.id)
    assert freeze is not None
    assert "Prices are frozen" in (await client.get("/")).text

    told = TellOfFreeze(freeze_id=freeze, seller_id=seller.id, cause="by_hand", facts={}, where=seller.name)
    for _ in range(2):
        await run_inline(database, box, with_mail, told)

    mails = [mail for mail in mailbox.mails if mail.startswith(f"owner-{seller.id}@")]
    assert "Prijzen" in mails[0].splitlines()[1], "in Dutch"
    assert "https://hub.example/pricing/governor" in mails[0]
    assert not [mail for mail in mailbox.mails if mail.startswith(f"picker-{seller.id}@")]
    async with database.transaction(Scope.of(seller.id)) as session:
        known = await NotificationService(session, users["owner"]).page(["pricing.approve"])
    assert [(one.subject_id, one.path) for one in known] == [(freeze, "/pricing/governor")], "in the hub once"


async def test_a_freeze_of_the_whole_hub_goes_to_those_of_all_sellers(
    database: Database, box: SecretBox, with_mail: Settings, mailbox: Mailbox
) -> None:
    async with database.transaction(Scope.all_sellers()) as session:
        people = PeopleRepository(session)
        user = await add_user(session, email=f"{new_id()}@example.org", name="Olga", password_hash=None, locale="de")
        role = await people.role_by_key("owner")
        assert role is not None
        await people.add(membership_of(user.id, None, role))

    facts = {"count": "2000", "limit": "1000"}
    told = TellOfFreeze(freeze_id=new_id(), seller_id=None, cause="hour_items", facts=facts, where="")
    await run_inline(database, box, with_mail, told)

    (mail,) = [mail for mail in mailbox.mails if mail.startswith(user.email)]
    assert "2000" in mail
    assert "1000" in mail
