"""The door: only what the channel signed comes in, once however often it comes, and a storm does no harm."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.channels.accounts import AccountRef
from entrepot.channels.connections import Connections
from entrepot.channels.contract_notices import Notice, NoticeKind
from entrepot.channels.notices.desk import MOST_REFUSED, NoticeDesk
from entrepot.channels.notices.http import Doors
from entrepot.channels.notices.service import NoticeService
from entrepot.channels.registry import connector_spec
from entrepot.channels.service import ChannelService
from entrepot.channels.tasks import ForgetNotices, ReadNotices
from entrepot.jobs.inline import run_inline
from entrepot.kit.call_log import CallLog
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.http import OutsideHttp
from entrepot.kit.outbox import RecordedEvent, cursor_now, read_after
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.options import ALL_AT_ONCE, TEMU_ACCOUNTS, WorldOptions
from entrepot.sandbox.temu.notices import EVENT, Postman, about, signed
from entrepot.sandbox.temu.shop import Shop, Shops
from entrepot.sandbox.world import World

pytestmark = pytest.mark.anyio

KEY, SECRET = "sandbox-temu-app", "sandbox-temu-secret-1"
FORM = {
    "name": "My Temu",
    "prefix": "TEMU-",
    "app_key": KEY,
    "app_secret": SECRET,
    "access_token": "sandbox-temu-token-1",
    "region": "eu",
    "gateway": "http://temu.test/openapi/router",
}
STORM = 800

type MakeClient = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
def world() -> Iterator[World]:
    made = World(WorldOptions(speed=ALL_AT_ONCE, cancellations=False, orders=20, accounts=TEMU_ACCOUNTS))
    yield made
    made.close()


@pytest.fixture
def shop(world: World) -> Shop:
    return Shops.of(world).by_key[KEY]


@pytest.fixture
async def connections(database: Database, box: SecretBox, world: World) -> AsyncGenerator[Connections]:
    transport = httpx.ASGITransport(create_sandbox(world))  # type: ignore[arg-type]  # Litestar narrows the ASGI scope type
    opened = Connections(database, box, OutsideHttp(CallLog(database), transport=transport))
    yield opened
    await opened.aclose()


class Hub:
    """A hub with one Temu account, as its owner and as Temu see it."""

    def __init__(self, browser: httpx.AsyncClient, account: AccountRef, database: Database, box: SecretBox) -> None:
        self.browser = browser
        self.account = account
        self.database = database
        self.box = box
        self.address = ""

    @property
    def state(self) -> Any:  # noqa: ANN401 -- Litestar's
        return self.browser._transport.app.state  # type: ignore[attr-defined]  # noqa: SLF001 -- the application under test

    @property
    def desk(self) -> NoticeDesk:
        return Doors.of(self.state).desk

    async def page(self) -> str:
        return (await self.browser.get(f"/channels/{self.account.id}")).text

    async def open_door(self) -> None:
        answer = await self.browser.post(f"/channels/{self.account.id}/notices")
        assert answer.status_code == 303, answer.text
        page = await self.page()
        self.address = urlsplit(page.partition("data-notices-address>")[2].partition("<")[0]).path

    async def deliver(self, content: dict[str, object], *, secret: str = SECRET, event: str = EVENT) -> httpx.Response:
        headers, body = signed(KEY, secret, event, json.dumps(content).encode())
        return await self.knock(body, dict(headers))

    async def knock(self, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """Come to the door as a program does: without cookies or tokens."""
        transport = self.browser._transport  # noqa: SLF001 -- the application under test  # pyright: ignore[reportPrivateUsage]
        stranger = httpx.AsyncClient(transport=transport, base_url="http://entrepot.test")
        return await stranger.post(self.address, content=body, headers=headers)

    async def rows(self) -> list[Any]:
        async with self.database.transaction(Scope.of(self.account.seller_id)) as session:
            found = await session.execute(text("SELECT * FROM channel_notice ORDER BY id"))
            return list(found.mappings())

    async def door(self) -> Any:  # noqa: ANN401 -- a row
        async with self.database.transaction(Scope.of(self.account.seller_id)) as session:
            return await NoticeService(session, self.box).door(self.account)

    async def waiting_jobs(self) -> int:
        async with self.database.transaction(Scope.of(self.account.seller_id)) as session:
            found = await session.execute(
                text("SELECT count(*) FROM job_run WHERE job = 'channels.read_notices' AND seller_id = :seller"),
                {"seller": self.account.seller_id},
            )
            count: int = found.scalar_one()
            return count

    async def pass_on(self) -> list[RecordedEvent]:
        """Do the job's work, and return what the slices are told."""
        async with self.database.transaction(Scope.of(self.account.seller_id)) as session:
            before = await cursor_now(session)
        task = ReadNotices(seller_id=self.account.seller_id, account_id=self.account.id)
        await run_inline(self.database, self.box, self.state.settings, task)
        async with self.database.transaction(Scope.of(self.account.seller_id)) as session:
            found, _ = await read_after(session, before, limit=10_000)
        return [event for event in found if event.topic.endswith("_noticed")]


@pytest.fixture
async def hub(
    client: httpx.AsyncClient, database: Database, box: SecretBox, connections: Connections, seller: SellerRef
) -> Hub:
    app: Any = client._transport.app  # type: ignore[attr-defined]  # noqa: SLF001 -- the application under test
    app.state.connections = connections
    answer = await client.post("/channels/new/temu", data=FORM)
    assert answer.status_code == 303, answer.text
    async with database.transaction(Scope.of(seller.id)) as session:
        account = await ChannelService(session).account(UUID(answer.headers["location"].rpartition("/")[2]))
    made = Hub(client, account, database, box)
    assert "Make the address" in await made.page()
    await made.open_door()
    return made


def order(number: int, status: int = 2, at: int = 1_700_000_000) -> dict[str, object]:
    return {"parentOrderSn": f"PO-076-{number}", "orderStatus": status, "updateTime": at}


async def test_the_address_is_made_on_the_page_and_asked_for_at_the_channel(hub: Hub, shop: Shop) -> None:
    assert hub.address.startswith(f"/hooks/{hub.account.id}/")
    assert len(hub.address.rpartition("/")[2]) >= 32
    assert EVENT in shop.state.events
    before = hub.address

    await hub.open_door()

    assert hub.address == before, "asking again does not change the address"


async def test_the_address_is_shown_to_those_who_manage_channels_only(
    hub: Hub, make_client: MakeClient, seller: SellerRef
) -> None:
    reader = await make_client(seller, frozenset({Right.CHANNELS_READ}))

    page = (await reader.get(f"/channels/{hub.account.id}")).text

    assert "Notices" in page
    assert "/hooks/" not in page


async def test_a_notice_is_written_down_passed_on_and_shown(hub: Hub) -> None:
    answer = await hub.deliver(order(1))

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    [row] = await hub.rows()
    assert (row["kind"], row["subject"], row["read_at"]) == ("order", "PO-076-1", None)
    assert await hub.waiting_jobs() == 1
    [event] = await hub.pass_on()
    assert event.topic == "channels.order_noticed"
    assert event.payload == {"account_id": str(hub.account.id), "channel_order_id": "PO-076-1"}
    assert event.subject_id == hub.account.id
    assert await hub.pass_on() == []
    assert "PO-076-1" in await hub.page()


async def test_a_repeated_notice_changes_nothing(hub: Hub) -> None:
    for _ in range(5):
        assert (await hub.deliver(order(1))).status_code == 200

    assert len(await hub.rows()) == 1
    assert (await hub.door()).received == 5
    assert len(await hub.pass_on()) == 1
    assert (await hub.deliver(order(1))).status_code == 200
    assert await hub.pass_on() == [], "also when it comes after it was passed on"


async def test_the_sequence_does_not_matter(hub: Hub) -> None:
    for status, at in ((4, 30), (2, 10), (41, 20)):
        await hub.deliver(order(1, status, at))

    assert len(await hub.rows()) == 3
    assert len(await hub.pass_on()) == 1, "one look at the order is enough"


async def test_notices_of_no_use_are_recorded_and_nobody_is_told(hub: Hub) -> None:
    await hub.deliver({"mallId": 1}, event="bg_open_event_test")
    await hub.deliver(order(1, status=1))

    assert [row["kind"] for row in await hub.rows()] == ["other", "other"]
    assert await hub.pass_on() == []
    assert "not needed" in await hub.page()


async def test_a_forged_notice_is_refused_and_counted(hub: Hub) -> None:
    answers = [await hub.deliver(order(1), secret="0123456789-not-the-secret") for _ in range(3)]
    answers.append(await hub.knock(b"{}", {}))

    for answer in answers:
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["code"] == "channels.notice_refused"
        assert answer.json()["detail"].endswith(".")
        assert SECRET not in answer.text
    assert await hub.rows() == []
    assert (await hub.door()).refused == 4
    page = await hub.page()
    assert "Last refused" in page
    assert "x-tm-app-key is missing" in page


async def test_a_wrong_address_is_nothing(hub: Hub) -> None:
    right = hub.address
    for wrong in (f"{right}x", f"/hooks/{hub.account.id}/", f"/hooks/{UUID(int=7)}/{right.rpartition('/')[2]}"):
        hub.address = wrong
        assert (await hub.deliver(order(1))).status_code == 404
    hub.address = right
    assert await hub.rows() == []
    assert (await hub.door()).refused == 0


async def test_a_body_that_is_too_large_is_not_read(hub: Hub) -> None:
    assert (await hub.knock(b"x" * 1_000_001, {})).status_code == 413


async def test_a_storm_is_some_transactions_and_one_job(hub: Hub) -> None:
    turns = asyncio.Semaphore(100)

    async def one(number: int) -> int:
        async with turns:
            return (await hub.deliver(order(number % (STORM // 2)))).status_code

    answers = await asyncio.gather(*(one(number) for number in range(STORM)))

    assert set(answers) == {200}
    assert len(await hub.rows()) == STORM // 2
    assert (await hub.door()).received == STORM
    assert hub.desk.transactions <= STORM / 4, "many in one transaction"
    assert await hub.waiting_jobs() == 1
    assert len(await hub.pass_on()) == STORM // 2


async def test_a_storm_of_forged_ones_is_counted_then_only_slowed_down(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.desk, "_clock", lambda: 0.0)  # the storm is over before the minute is
    headers, body = signed(KEY, "0123456789-not-the-secret", EVENT, json.dumps(order(1)).encode())
    turns = asyncio.Semaphore(100)

    async def one() -> int:
        async with turns:
            return (await hub.knock(body, dict(headers))).status_code

    answers = await asyncio.gather(*(one() for _ in range(MOST_REFUSED + 200)))

    assert set(answers) == {401, 429}
    assert (await hub.door()).refused <= MOST_REFUSED
    assert (await hub.deliver(order(1))).status_code == 200, "an honest one still gets in"


async def test_counts_start_anew_after_a_minute(database: Database) -> None:
    at = 0.0
    desk = NoticeDesk(database, clock=lambda: at)

    assert [desk.left("a", 2) > 0 for _ in range(3)] == [False, False, True]
    assert desk.left("b", 2) == 0
    at = 61.0
    assert desk.left("a", 2) == 0


async def test_who_waits_is_told_when_nothing_could_be_written(hub: Hub) -> None:
    notice = Notice(notice_id="1", kind=NoticeKind.ORDER, subject="1")
    nobody = UUID(int=7)

    with pytest.raises(Exception, match="channel_notice"):
        await hub.desk.accept(hub.account.seller_id, nobody, [notice])

    assert (await hub.deliver(order(1))).status_code == 200, "the next one is written"


async def test_the_simulated_temu_tells_what_changes(hub: Hub, world: World, shop: Shop) -> None:
    postman = Postman.of(world)
    shop.state.hook = f"http://entrepot.test{hub.address}"
    transport = hub.browser._transport  # noqa: SLF001 -- the application under test  # pyright: ignore[reportPrivateUsage]
    async with httpx.AsyncClient(transport=transport) as http:
        assert await postman.deliver_waiting(http) == 0, "what was before is not told"
        changed = list(shop.account.orders.orders.values())[:4]
        for one in changed:
            shop.account.ask_to_cancel(one.items[0].order_item_id, world.clock.now())
        assert await postman.deliver_waiting(http) == 4
        assert await postman.deliver_waiting(http) == 0
        shop.state.example_style = True
        postman.storm(shop, 50)
        assert await postman.deliver_waiting(http) == 50

    told = {event.payload["channel_order_id"] for event in await hub.pass_on()}
    assert {str(about(shop, one)["parentOrderSn"]) for one in changed} <= told


async def test_old_notices_are_forgotten_and_waiting_ones_are_not(hub: Hub) -> None:
    await hub.deliver(order(1))
    await hub.pass_on()
    await hub.deliver(order(2))
    await hub.deliver(order(3))
    async with hub.database.transaction(Scope.of(hub.account.seller_id)) as session:
        await session.execute(text("UPDATE channel_notice SET received_at = now() - interval '40 days'"))
        await session.execute(text("UPDATE channel_notice SET received_at = now() WHERE subject = 'PO-076-3'"))

    await run_inline(hub.database, hub.box, hub.state.settings, ForgetNotices())

    assert [row["subject"] for row in await hub.rows()] == ["PO-076-2", "PO-076-3"]


async def test_others_see_nothing_of_it(hub: Hub, database: Database, make_seller: Any) -> None:  # noqa: ANN401 -- the fixture's
    await hub.deliver(order(1))
    other = await make_seller("Red Mugs")

    async with database.transaction(Scope.of(other.id)) as session:
        for table in ("channel_notice", "channel_door"):
            assert (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0


async def test_people_are_warned_before_the_token_ends(hub: Hub) -> None:
    async def note(days: float) -> list[str]:
        async with hub.database.transaction(Scope.of(hub.account.seller_id)) as session:
            before = await cursor_now(session)
        async with hub.database.transaction(Scope.of(hub.account.seller_id)) as session:
            await ChannelService(session).note_end(hub.account.id, now() + timedelta(days=days, minutes=1))
        async with hub.database.transaction(Scope.of(hub.account.seller_id)) as session:
            found, _ = await read_after(session, before)
        return [event.topic for event in found]

    assert await note(60) == []
    assert "end soon" not in await hub.page()
    assert await note(14.5) == []
    assert await note(10) == ["channels.credentials_end_soon"]
    assert "They end in 10 days" in await hub.page()
    assert "Credentials end in 10 days" in (await hub.browser.get("/channels")).text
    await note(-1)
    assert "have ended" in await hub.page()


async def test_the_page_of_a_channel_without_notices_says_nothing_of_them(hub: Hub) -> None:
    assert "receive_notices" in connector_spec("temu").capabilities
    assert "Tells us at once what changes" in await hub.page()
