"""Badges: a code and a PIN, on enrolled devices, for the floor alone."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from entrepot.access.badges.domain import LOCKED_AFTER, PREFIX, new_code, pin_problem, read_code
from entrepot.access.badges.label import card_pdf, card_zpl, qr_uri
from entrepot.access.badges.repository import BadgeRepository
from entrepot.access.badges.service import BadgeService, NewBadge, holder_of
from entrepot.access.badges.sign_in import BadgeSignIn
from entrepot.access.credentials import digest
from entrepot.access.errors import InstanceOnlyError, NoRightToGiveError, UnknownUserError
from entrepot.access.http import DEVICE_COOKIE, SESSION_COOKIE
from entrepot.access.principal import Principal, SellerRef
from entrepot.access.rights import FLOOR, Right
from entrepot.fulfilment.http import badge_holder
from entrepot.kit.database import Database
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.scope import Scope
from tests.access.conftest import MakePerson, Person
from tests.conftest import MakeClient, principal_for

pytestmark = pytest.mark.anyio
PIN = "8306"

type MakeSeller = Callable[..., Awaitable[SellerRef]]


@given(st.text(max_size=40))
def test_nothing_but_a_badge_reads_as_one(scanned: str) -> None:
    known = read_code(scanned)
    assert known in {"", scanned.strip().upper()}
    code = new_code()
    assert read_code(f" {code.lower()}\r\n") == code
    assert len(code) == len(PREFIX) + 26


@pytest.mark.parametrize(
    "pin", ["1234", "4321", "0000", "1212", "1357", "7890", "1999", "2024", "2580", "112233", "123"]
)
def test_pins_that_anyone_would_try_are_refused(pin: str) -> None:
    assert pin_problem(pin)
    assert not pin_problem(PIN)
    assert pin_problem("٣٤٧١")
    assert pin_problem("830612345")


def test_a_card_says_its_code_twice() -> None:
    code = new_code()
    assert card_pdf("Žofie 😀 Nováková", code).startswith(b"%PDF-")
    zpl = card_zpl("Ann ^XZ Smit", code).decode()
    assert zpl.count(code) == 2
    assert zpl.count("^XZ") == 1
    assert qr_uri(code).startswith("data:image/svg+xml")


async def given_badge(database: Database, who: Principal, person: Person) -> tuple[NewBadge, str]:
    """Give someone a badge and a PIN, and enrol a device; return the badge and the device's token."""
    async with database.transaction(Scope.all_sellers(), actor=who.actor) as session:
        service = BadgeService(session, who)
        badge = await service.make(person.id)
        await service.set_pin(person.id, PIN)
        _, token = await service.enrol("Tablet at the table", 15)
    return badge, token


async def scan(client: httpx.AsyncClient, badge: str, pin: str = "", next_: str = "/") -> httpx.Response:
    return await client.post("/sign-in/badge", data={"badge": badge, "pin": pin, "next": next_})


async def test_a_badge_and_a_pin_open_the_floor_and_nothing_else(
    database: Database, seller: SellerRef, make_person: MakePerson, make_client: MakeClient
) -> None:
    ann, bob = await make_person(seller), await make_person(seller, role="picker")
    badge, token = await given_badge(database, principal_for(seller), ann)
    device = await make_client()

    assert "not enrolled for badges" in (await scan(device, badge.code)).text
    device.cookies.set(DEVICE_COOKIE, token)
    assert "Scan your badge" in (await device.get("/sign-in")).text
    assert "not a badge that works here" in (await scan(device, new_code())).text
    assert "Hello Ann Smit" in (await scan(device, badge.code.lower())).text
    opened = await scan(device, badge.code, PIN, "/fulfilment/pick")
    assert (opened.status_code, opened.headers["location"]) == (303, "/fulfilment/pick")

    floor = await device.get("/fulfilment/pick")
    assert (floor.status_code, "Switch person" in floor.text) == (200, True)
    users = await device.get("/users")
    assert users.headers["location"] == "/sign-in?next=/users"
    asked = await device.get("/sign-in?next=/users")
    assert (asked.status_code, ann.email in asked.text) == (200, True)
    assert (await device.get("/account")).status_code == 302
    token_ = await device.post("/api/v1/tokens", json={"name": "x", "rights": ["orders.read"], "days": 9})
    assert (token_.status_code, token_.json()["type"].rpartition("/")[2]) == (403, "access.password_needed")
    assert (await device.get("/notifications")).status_code == 200
    assert (await device.post("/notifications/settings/mail")).status_code == 403
    assert (await device.post("/api/v1/notification-ways", json={"name": "Mine"})).status_code == 403
    assert set((await device.get("/api/v1/me")).json()["rights"]) <= {str(right) for right in FLOOR}
    assert (await device.post("/sign-in", data={"email": ann.email, "password": ann.password})).status_code == 303
    assert (await device.get("/users")).status_code == 200

    # The next person scans theirs; the session before ends.
    async with database.transaction(Scope.all_sellers()) as session:
        service = BadgeService(session, principal_for(seller))
        theirs = await service.make(bob.id)
        await service.set_pin(bob.id, PIN)
    before = device.cookies[SESSION_COOKIE]
    assert (await scan(device, theirs.code, PIN)).status_code == 303
    old = await make_client()
    old.cookies.set(SESSION_COOKIE, before)
    assert (await old.get("/fulfilment/pick")).status_code == 302

    # Nothing is done for a while; what a page fetches by itself is nothing.
    async with database.transaction(Scope.all_sellers()) as session:
        idle = "UPDATE user_session SET last_seen_at = last_seen_at - make_interval(mins => :n) WHERE user_id = :user"
        await session.execute(text(idle), {"n": 14, "user": bob.id})
    assert (await device.get("/fulfilment/pick", headers={"hx-request": "true"})).status_code == 200
    async with database.transaction(Scope.all_sellers()) as session:
        await session.execute(text(idle), {"n": 2, "user": bob.id})
    assert (await device.get("/fulfilment/pick")).status_code == 302


async def test_signing_in_rightly_does_not_slow_a_device(
    database: Database, seller: SellerRef, make_person: MakePerson, make_client: MakeClient
) -> None:
    badge, token = await given_badge(database, principal_for(seller), await make_person(seller, role="picker"))
    device = await make_client()
    device.cookies.set(DEVICE_COOKIE, token)
    async with database.transaction(Scope.all_sellers()) as session:
        before = (await session.execute(text("SELECT array_agg(subject_hash) FROM sign_in_attempt"))).scalar_one() or []
    assert (await scan(device, badge.code, "7777")).status_code == 422
    for _ in range(2):
        assert (await scan(device, badge.code, PIN)).status_code == 303
    async with database.transaction(Scope.all_sellers()) as session:
        left = await session.execute(
            text("SELECT failures FROM sign_in_attempt WHERE subject_hash <> ALL(:before)"), {"before": before}
        )
        assert left.scalars().all() == [1]  # the wrong PIN, on the device


async def test_a_pin_is_locked_after_too_many_tries_and_opened_by_a_new_one(
    database: Database, seller: SellerRef, make_person: MakePerson, make_client: MakeClient
) -> None:
    ann = await make_person(seller, role="picker")
    badge, token = await given_badge(database, principal_for(seller), ann)
    device = await make_client()
    device.cookies.set(DEVICE_COOKIE, token)

    answers = [await scan(device, badge.code, "7777") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
    assert "Badge and PIN do not belong together" in answers[0].text
    assert (await scan(device, badge.code, PIN)).status_code == 429  # the right one must wait, too
    async with database.transaction(Scope.all_sellers()) as session:
        await session.execute(
            text("UPDATE user_pin SET failures = :n WHERE user_id = :user"), {"n": LOCKED_AFTER, "user": ann.id}
        )
        await session.execute(text("UPDATE sign_in_attempt SET last_at = now() - interval '2 h'"))
    assert "wrong 10 times in a row and is locked" in (await scan(device, badge.code, PIN)).text

    async with database.transaction(Scope.all_sellers()) as session:
        await BadgeService(session, principal_for(seller)).set_pin(ann.id, "6038")
    assert (await scan(device, badge.code, "6038")).status_code == 303


async def test_a_revoked_badge_or_device_signs_out_at_once(
    database: Database, seller: SellerRef, make_person: MakePerson, make_client: MakeClient
) -> None:
    ann, who = await make_person(seller, role="picker"), principal_for(seller)
    badge, token = await given_badge(database, who, ann)
    device = await make_client()
    device.cookies.set(DEVICE_COOKIE, token)

    await scan(device, badge.code, PIN)
    async with database.transaction(Scope.all_sellers()) as session:
        assert await BadgeService(session, who).revoke(badge.id) == ann.id
    assert (await device.get("/fulfilment/pick")).status_code == 302
    async with database.transaction(Scope.all_sellers()) as session:
        badge = await BadgeService(session, who).make(ann.id)
    assert (await scan(device, badge.code, PIN)).status_code == 303
    async with database.transaction(Scope.all_sellers()) as session:
        service = BadgeService(session, who)
        await service.revoke_device((await service.devices())[0].id)
    assert (await device.get("/fulfilment/pick")).status_code == 302
    assert "not enrolled for badges" in (await scan(device, badge.code, PIN)).text


async def test_nobody_gives_a_way_in_that_is_not_theirs_to_give(
    database: Database, seller: SellerRef, make_seller: MakeSeller, make_person: MakePerson
) -> None:
    other = await make_seller("Red Mugs")
    ann, stranger = await make_person(seller), await make_person(other)
    supervisor = replace(principal_for(seller), rights=frozenset({Right.BADGES_MANAGE, Right.CATALOG_READ}))
    async with database.transaction(Scope.all_sellers()) as session:
        await session.execute(
            text(
                "INSERT INTO membership (id, user_id, seller_id, role_id) "
                "SELECT gen_random_uuid(), user_id, :seller, role_id FROM membership WHERE user_id = :user"
            ),
            {"seller": seller.id, "user": stranger.id},
        )
    async with database.transaction(Scope.all_sellers()) as session:
        with pytest.raises(NoRightToGiveError):
            await BadgeService(session, supervisor).make(ann.id)
        with pytest.raises(InstanceOnlyError):
            await BadgeService(session, principal_for(seller)).make(stranger.id)
        with pytest.raises(UnknownUserError):
            await BadgeService(session, principal_for(other)).make(ann.id)
        with pytest.raises(InvalidInputError):
            await BadgeService(session, principal_for(seller)).enrol(" ", 0)


async def test_a_scanned_badge_says_whose_it_is_for_the_sellers_they_work_for(
    database: Database, seller: SellerRef, make_seller: MakeSeller, make_person: MakePerson, make_client: MakeClient
) -> None:
    other = await make_seller("Red Mugs")
    ann = await make_person(seller, role="picker")
    badge, token = await given_badge(database, principal_for(seller), ann)

    found = await holder_of(database, badge.code, seller.id)
    assert found is not None
    assert (found.user_id, found.name, Right.FULFILMENT_PICK in found.rights) == (ann.id, "Ann Smit", True)
    assert found.actor.id == str(ann.id)
    assert await holder_of(database, badge.code, other.id) is None
    assert await holder_of(database, "2010000001", seller.id) is None
    request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(database=database)))
    both = replace(principal_for(seller), seller=None, sellers=(other, seller))
    shown = await badge_holder(request, both, badge.code)
    assert shown is not None
    assert shown[1] == (seller.id,), "their next list is one of a seller they pick for"
    client = await make_client(seller)
    told = await client.post("/api/v1/badges/holder", json={"code": badge.code})
    assert told.json()["name"] == "Ann Smit"
    page = await client.get(f"/badges/{ann.id}")
    assert badge.code not in page.text
    made = await client.post(f"/badges/{ann.id}")
    assert (made.status_code, "it is not shown again" in made.text) == (200, True)
    refused = await client.post(f"/badges/{ann.id}/pin", data={"pin": "1234"})
    assert (refused.status_code, "first that anyone would try" in refused.text) == (422, True)
    enrolled = await client.post("/devices", data={"name": "Scanner 3", "idle_minutes": "20"})
    assert "HttpOnly" in enrolled.headers["set-cookie"]
    assert "This device is enrolled as Scanner 3." in (await client.get("/devices")).text
    async with database.transaction(Scope.all_sellers()) as session:
        stored = (await session.execute(text("SELECT code_hash FROM badge WHERE id = :id"), {"id": badge.id})).scalar()
        assert bytes(stored or b"") == digest(badge.code)
        device = await BadgeRepository(session).device(digest(token))
        assert device is not None
        candidate = await BadgeSignIn(session).attempt(token, badge.code)
        assert candidate.device.idle_minutes == timedelta(minutes=15).seconds // 60
