"""Users, roles and sellers: who may do what to whom."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from entrepot.access import views
from entrepot.access.http import SESSION_COOKIE
from entrepot.access.principal import SellerRef
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from tests.access.conftest import MakePerson, Person, sign_in
from tests.conftest import MakeClient

pytestmark = pytest.mark.anyio
type Browser = Callable[[Person], Awaitable[httpx.AsyncClient]]
type MakeSeller = Callable[..., Awaitable[SellerRef]]


@pytest.fixture
async def roles(database: Database) -> dict[str, UUID]:
    async with database.transaction(Scope.all_sellers()) as session:
        return {role.key: role.id for role in await views.roles(session) if role.key}


async def test_a_manager_invites_for_their_seller_only(
    make_browser: Browser, make_person: MakePerson, make_seller: MakeSeller, roles: dict[str, UUID]
) -> None:
    one, two = await make_seller("One"), await make_seller("Two")
    hidden = await make_person(two)
    browser = await make_browser(await make_person(one))
    email = f"{new_id().hex}@example.org"

    page = await browser.post(
        "/users", data={"email": email, "name": "Bo", "seller_id": str(one.id), "role_id": str(roles["picker"])}
    )

    assert page.status_code == 200
    assert "/set-password/" in page.text
    ask = {"email": email, "name": "Bo", "role_id": str(roles["picker"])}
    assert (await browser.post("/users", data={**ask, "seller_id": str(two.id)})).status_code == 404
    assert (await browser.post("/users", data={**ask, "seller_id": "all"})).status_code == 403
    listed = (await browser.get("/users")).text
    assert email in listed
    assert hidden.email not in listed
    assert (await browser.get(f"/users/{hidden.id}")).status_code == 404
    assert (await browser.post(f"/users/{hidden.id}/disable")).status_code == 403
    assert (await browser.post(f"/users/{hidden.id}/password-link")).status_code == 403
    take = {"seller_id": str(two.id), "role_id": ""}
    assert (await browser.post(f"/users/{hidden.id}/roles", data=take)).status_code == 404


async def test_an_invitation_becomes_a_user_once(
    make_browser: Browser, make_client: MakeClient, make_person: MakePerson, seller: SellerRef, roles: dict[str, UUID]
) -> None:
    browser = await make_browser(await make_person(seller))
    email = f"{new_id().hex}@example.org"
    page = await browser.post(
        "/users", data={"email": email, "name": "Bo", "seller_id": str(seller.id), "role_id": str(roles["reader"])}
    )
    path = "/set-password/" + page.text.split("/set-password/")[1].split("<")[0].split('"')[0]
    guest = await make_client()

    assert email in (await guest.get(path)).text
    weak = await guest.post(path, data={"password": "welkom123"})
    assert weak.status_code == 422
    done = await guest.post(path, data={"password": "a calm green harbour"})
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert (await guest.get("/account")).status_code == 200
    assert (await guest.post(path, data={"password": "another calm harbour"})).status_code == 422
    assert (await guest.get("/set-password/nonsense")).status_code == 422


async def test_nobody_gives_or_takes_more_than_they_have(
    make_browser: Browser, make_person: MakePerson, roles: dict[str, UUID]
) -> None:
    """A role that only manages users cannot make an owner, nor take one's password over."""
    owner = await make_person(None, "owner")
    office = await make_browser(owner)
    name = f"Doorkeeper {new_id().hex}"
    assert (await office.post("/roles", data={"name": name, "rights": ["users.manage"]})).status_code == 303
    keeper = await make_browser(await make_person(None, name))
    ask = {"email": "x@example.org", "name": "X", "seller_id": "all"}

    assert (await keeper.post("/users", data={**ask, "role_id": str(roles["owner"])})).status_code == 403
    assert (await keeper.post(f"/users/{owner.id}/password-link")).status_code == 403
    assert (await keeper.post(f"/users/{owner.id}/disable")).status_code == 403
    take = {"seller_id": "all", "role_id": ""}
    assert (await keeper.post(f"/users/{owner.id}/roles", data=take)).status_code == 403
    wide = {"name": f"Wide {new_id().hex}", "rights": ["users.manage", "orders.write"]}
    assert (await keeper.post("/roles", data=wide)).status_code == 403
    assert (await keeper.post("/sellers", data={"name": "New"})).status_code == 403


async def test_rights_for_one_seller_do_not_reach_the_instance(
    make_browser: Browser, make_person: MakePerson, make_seller: MakeSeller, database: Database, roles: dict[str, UUID]
) -> None:
    """Reader of the whole hub, manager of one seller: while looking at that one, still no manager of the others."""
    one, two = await make_seller("One"), await make_seller("Two")
    ann, victim = await make_person(None, "reader"), await make_person(two)
    async with database.transaction(Scope.all_sellers()) as session:
        await session.execute(
            text("INSERT INTO membership (id, user_id, seller_id, role_id) VALUES (:id, :user, :seller, :role)"),
            {"id": new_id(), "user": ann.id, "seller": one.id, "role": roles["manager"]},
        )
    browser = await make_browser(ann)
    assert (await browser.get("/users")).status_code == 403
    await browser.post("/session/seller", data={"seller_id": str(one.id)})
    assert (await browser.get("/users")).status_code == 200
    assert (await browser.get(f"/users/{victim.id}")).status_code == 404
    take = {"seller_id": str(two.id), "role_id": ""}
    assert (await browser.post(f"/users/{victim.id}/roles", data=take)).status_code == 404


async def test_the_last_owner_stays(database: Database, make_browser: Browser, make_person: MakePerson) -> None:
    owner = await make_person(None, "owner")
    browser = await make_browser(owner)
    async with database.transaction(Scope.all_sellers()) as session:
        others = "SELECT m.id FROM membership m JOIN role r ON r.id = m.role_id WHERE r.key = 'owner' AND m.seller_id IS NULL"
        await session.execute(
            text(f"DELETE FROM membership WHERE id IN ({others}) AND user_id <> :me"), {"me": owner.id}
        )

    answer = await browser.post(f"/users/{owner.id}/disable", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "access.last_owner")
    take = {"seller_id": "all", "role_id": ""}
    assert (await browser.post(f"/users/{owner.id}/roles", data=take)).status_code == 422


async def test_a_changed_role_signs_its_user_out(
    make_browser: Browser, make_person: MakePerson, seller: SellerRef, roles: dict[str, UUID]
) -> None:
    ann, boss = await make_person(seller, "reader"), await make_person(seller)
    browser, office = await make_browser(ann), await make_browser(boss)
    give = {"seller_id": str(seller.id), "role_id": str(roles["picker"])}
    assert (await office.post(f"/users/{ann.id}/roles", data=give)).status_code == 303
    assert (await browser.get("/account")).headers["location"].startswith("/sign-in")


async def test_a_new_password_ends_the_other_sessions_and_turns_the_token(
    make_browser: Browser, make_client: MakeClient, make_person: MakePerson, seller: SellerRef
) -> None:
    ann = await make_person(seller)
    here, there = await make_browser(ann), await make_browser(ann)
    before = here.cookies[SESSION_COOKIE]
    wrong = await here.post("/account/password", data={"current": "no", "password": "a calm green harbour"})
    weak = await here.post("/account/password", data={"current": ann.password, "password": "short"})
    assert (wrong.status_code, weak.status_code) == (422, 422)

    done = await here.post("/account/password", data={"current": ann.password, "password": "a calm green harbour"})

    assert done.status_code == 303
    assert here.cookies[SESSION_COOKIE] != before
    assert (await here.get("/account")).status_code == 200
    assert (await there.get("/account")).status_code in {302, 303}
    guest = await make_client()
    assert (await sign_in(guest, ann)).status_code == 422


async def test_sessions_and_tokens_are_listed_and_revoked_on_the_account_page(
    make_browser: Browser, make_person: MakePerson, seller: SellerRef, database: Database
) -> None:
    ann, eve = await make_person(seller), await make_person(seller)
    here, there, other = await make_browser(ann), await make_browser(ann), await make_browser(eve)
    async with database.transaction(Scope.all_sellers()) as session:
        mine = await views.sessions(session, ann.id)
        hers = await views.sessions(session, eve.id)
    assert len(mine) == 2
    assert (await here.post(f"/account/sessions/{hers[0].id}/end")).status_code == 404
    assert (await other.get("/account")).status_code == 200
    assert (await here.post("/account/sessions/end-others")).status_code == 303
    assert (await there.get("/account")).status_code in {302, 303}
    page = await here.post("/account/tokens", data={"name": "Excel", "days": "30", "rights": ["orders.read"]})
    assert page.status_code in {200, 201}
    secret = "et_" + page.text.split("et_")[1].split("<")[0].split('"')[0]
    assert (await other.get("/api/v1/me", headers={"authorization": f"Bearer {secret}"})).json()["id"] == str(ann.id)
    assert secret not in (await here.get("/account")).text
    bad = await here.post("/account/tokens", data={"name": "", "days": "9999", "rights": ["orders.read"]})
    assert bad.status_code == 422
    profile = {"name": "Ann de Vries", "locale": "nl", "time_zone": "Europe/Amsterdam"}
    assert (await here.post("/account/profile", data=profile)).status_code == 303
    assert (await here.post("/account/profile", data={**profile, "locale": "xx"})).status_code == 422
    assert "Ann de Vries" in (await here.get("/account")).text


async def test_owners_add_sellers_and_roles_and_read_the_audit_log(
    make_browser: Browser, make_person: MakePerson
) -> None:
    office = await make_browser(await make_person(None, "owner"))
    name = f"Shop {new_id().hex}"
    assert (await office.post("/sellers", data={"name": name, "currency": "EUR", "country": "NL"})).status_code == 303
    assert (await office.post("/sellers", data={"name": name, "currency": "EUR", "country": "NL"})).status_code == 422
    assert (await office.post("/sellers", data={"name": "", "currency": "euro", "country": "NL"})).status_code == 422
    assert name in (await office.get("/sellers")).text
    role = f"Role {new_id().hex}"
    assert (await office.post("/roles", data={"name": role, "rights": ["orders.read"]})).status_code == 303
    assert (await office.post("/roles", data={"name": role, "rights": ["orders.read"]})).status_code == 422
    listed = (await office.get("/api/v1/roles")).json()["items"]
    owned = next(row for row in listed if row["name"] == role)
    built_in = next(row for row in listed if row["built_in"])
    assert (await office.get(f"/roles/{owned['id']}")).status_code == 200
    assert (await office.get(f"/roles/{built_in['id']}")).status_code == 200
    assert (await office.get(f"/roles/new?like={built_in['id']}")).status_code == 200
    renamed = await office.post(f"/roles/{built_in['id']}", data={"name": "Mine", "rights": ["orders.read"]})
    assert renamed.status_code == 422
    assert (await office.post(f"/roles/{owned['id']}/remove")).status_code == 303
    log = await office.get("/audit?topic=access.&q=Ann")
    assert log.status_code == 200
    assert "access.role_removed" in log.text
    assert "access.seller_created" in log.text
    assert (await office.get("/audit?since=2000-01-01&until=2000-01-02&seller=nonsense")).status_code == 200
    assert (await office.get("/api-keys")).status_code == 200
    assert (await office.get("/users/new")).status_code == 200
    assert (await office.get("/sellers/new")).status_code == 200
    assert (await office.get("/roles")).status_code == 200


async def test_a_seller_reads_only_its_own_audit_log(
    make_browser: Browser, make_person: MakePerson, make_seller: MakeSeller
) -> None:
    one, two = await make_seller("One"), await make_seller("Two")
    there = await make_browser(await make_person(two))
    key = (await there.post("/api/v1/api-keys", json={"name": "Hush", "rights": ["orders.read"]})).json()["key"]
    here = await make_browser(await make_person(one))
    assert key in (await there.get("/audit")).text
    assert key not in (await here.get("/audit")).text
    assert key not in (await here.get(f"/audit?seller={two.id}")).text
