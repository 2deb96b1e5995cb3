"""Users are told when they want to be, once, and only outside is outside."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.access.repository import PeopleRepository
from entrepot.access.rights import Right
from entrepot.access.service.people import add_user, membership_of
from entrepot.jobs.inline import run_inline
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.messaging import outside
from entrepot.messaging.domain import Digest, Timing, due
from entrepot.messaging.errors import HostNotAllowedError, ServiceFailedError, WayNotFoundError
from entrepot.messaging.mail import compose
from entrepot.messaging.outside import deliver, read_address
from entrepot.messaging.service import NotificationService
from entrepot.messaging.tasks import SendNotifications, SweepNotifications, TryWay
from entrepot.messaging.telling import Curve, Notice, tell
from entrepot.messaging.wording import amount

pytestmark = pytest.mark.anyio
HERE = [ip_network("127.0.0.1/32")]
NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)  # noon in Amsterdam


@pytest.mark.parametrize(
    ("timing", "at", "told"),
    [
        (Timing(), NOON, NOON),
        (Timing(digest=Digest.HOURLY), NOON + timedelta(minutes=1), NOON + timedelta(hours=1)),
        (Timing(digest=Digest.DAILY, daily_at=time(8)), NOON, NOON + timedelta(hours=20)),
        (Timing(digest=Digest.DAILY, daily_at=time(13)), NOON, NOON + timedelta(hours=1)),
        (Timing(quiet_from=time(22), quiet_to=time(7)), NOON, NOON),
        (Timing(quiet_from=time(22), quiet_to=time(7)), NOON + timedelta(hours=11), NOON + timedelta(hours=19)),
        (Timing(quiet_from=time(11), quiet_to=time(13, 30)), NOON, NOON + timedelta(hours=1, minutes=30)),
        (Timing(digest=Digest.HOURLY, quiet_from=time(13), quiet_to=time(14)), NOON, NOON + timedelta(hours=2)),
    ],
)
def test_when_somebody_is_told(timing: Timing, at: datetime, told: datetime) -> None:
    assert due(timing, at) == told


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "messaging.service_not_allowed"),
        ("mailto://me:secret@gmail.com", "messaging.service_not_allowed"),
        ("syslog://", "messaging.service_not_allowed"),
        ("https://hub.example/hook", "messaging.address_unknown"),
        ("nothing", "messaging.address_unknown"),
        ("json://[::1", "messaging.address_unknown"),
        ("jsons://example.org/?template=/etc/passwd", "messaging.parameter_not_allowed"),
        ("jsons://example.org/?verify=no", "messaging.parameter_not_allowed"),
        ("json://127.0.0.2/x", "messaging.host_not_allowed"),
        ("json://169.254.169.254/latest", "messaging.host_not_allowed"),
        ("gotify://localhost/token", "messaging.host_not_allowed"),
        ("ntfy://[::ffff:10.0.0.1]/topic", "messaging.host_not_allowed"),
    ],
)
def test_only_services_outside_are_addresses(url: str, code: str) -> None:
    with pytest.raises(EntrepotError) as refused:
        read_address(url, [])
    assert refused.value.code == code


def test_services_are_named_without_their_secrets() -> None:
    assert read_address("ntfy://topic", []).name == "ntfy"
    assert read_address("json://127.0.0.1:8/secret", HERE).name == "JSON (127.0.0.1)"
    assert (
        read_address("https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", []).name == "Discord"
    )


class Catcher:
    """Takes what services are sent."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        self.port = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0] or 0)
        body = await reader.readexactly(length)
        self.bodies += [msgspec.json.decode(body)] if body else []
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def catching() -> AsyncGenerator[Catcher]:
    catcher = Catcher()
    server = await asyncio.start_server(catcher.take, "127.0.0.1", 0)
    catcher.port = server.sockets[0].getsockname()[1]
    try:
        yield catcher
    finally:
        server.close()


async def test_connections_are_checked_where_they_are_made() -> None:
    async with catching() as catcher:
        url = f"json://127.0.0.1:{catcher.port}/"
        await deliver(url, HERE, title="Mug", body="€12")
        assert (catcher.bodies[0]["title"], catcher.bodies[0]["message"]) == ("Mug", "€12")

        by_name = f"json://ip6-localhost.localdomain.:{catcher.port}/"
        with pytest.raises((HostNotAllowedError, ServiceFailedError)):
            await deliver(by_name, [], title="Mug", body="x")

        elsewhere = f"Location: http://127.0.0.2:{catcher.port}/\r\n".encode()
        catcher.answer = b"HTTP/1.1 307 Moved\r\nContent-Length: 0\r\n" + elsewhere + b"Connection: close\r\n\r\n"
        with pytest.raises(HostNotAllowedError, match=r"127\.0\.0\.2"):
            await deliver(url, HERE, title="Mug", body="x")

        catcher.answer = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        with pytest.raises(ServiceFailedError, match=r"JSON \(127\.0\.0\.1\) did not take the message"):
            await deliver(url, HERE, title="Mug", body="x")


async def test_an_answer_without_an_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async with catching() as catcher:
        url = f"json://127.0.0.1:{catcher.port}/"
        catcher.answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 3_000_000
        with pytest.raises(ServiceFailedError):
            await deliver(url, HERE, title="Mug", body="x")

    ended = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        ended.set()
        writer.close()

    monkeypatch.setattr(outside, "GRACE", 0.3 - outside.SECONDS)
    async with await asyncio.start_server(wait, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ServiceFailedError, match="in time"):
            await deliver(f"json://127.0.0.1:{port}/", HERE, title="Mug", body="x")
        async with asyncio.timeout(5):
            await ended.wait()


def test_a_title_of_several_lines_is_one_subject(settings: Settings) -> None:
    mail = compose(settings, to="a@example.org", subject="Blue\r\nmug", text="x", key="k")
    assert mail["Subject"] == "Blue mug"


def notice(seller: SellerRef, user_id: UUID, key: str = "one") -> Notice:
    return Notice(
        seller_id=seller.id,
        user_id=user_id,
        key=key,
        topic="pricewatch.target",
        needs=Right.PRICEWATCH_READ,
        subject_kind="watched_product",
        subject_id=user_id,
        title="{product} costs {price}",
        body="{product}, " + key,
        facts={"product": "Blue <mug>", "price": amount(12, "EUR")},  # type: ignore[arg-type]  # as good as a Decimal
        path="/prices/products/x",
        curve=Curve(points=[(1, "14"), (90_000, "12")], currency="EUR", title="Blue mug"),
    )


@pytest.fixture
async def user_id(database: Database, seller: SellerRef) -> UUID:
    """Somebody who may see the seller's watched prices."""
    async with database.transaction(Scope.all_sellers()) as session:
        user = await add_user(session, email=f"{new_id()}@example.org", name="Nora", password_hash=None, locale="nl")
        people = PeopleRepository(session)
        role = await people.role_by_key("owner")
        assert role is not None
        await people.add(membership_of(user.id, seller.id, role))
    return user.id


async def deliveries(database: Database, user_id: UUID) -> list[tuple[str, int, bool]]:
    async with database.transaction(Scope.all_sellers()) as session:
        found = await session.execute(
            text("SELECT state, attempts, repeated FROM notification_delivery WHERE user_id = :user ORDER BY id"),
            {"user": user_id},
        )
        return [(row.state, row.attempts, row.repeated) for row in found]


async def test_a_message_goes_out_once_and_a_cut_off_one_once_more(
    database: Database, box: SecretBox, settings: Settings, seller: SellerRef, user_id: UUID
) -> None:
    here = settings.model_copy(update={"outside_allow": HERE, "public_url": "https://hub.example"})
    send = SendNotifications(seller_id=seller.id, user_id=user_id)
    async with catching() as catcher:
        async with database.transaction(Scope.of(seller.id)) as session:
            service = NotificationService(session, user_id)
            way = await service.add_service(seller.id, "", f"json://127.0.0.1:{catcher.port}/", box=box, allowed=HERE)
            assert await tell(session, [notice(seller, user_id)]) == 1
            assert await tell(session, [notice(seller, user_id)]) == 0
        assert await run_inline(database, box, here, send) == {"messages": 1, "failed": 0}
        assert await run_inline(database, box, here, send) == {"messages": 0, "failed": 0}
        (message,) = catcher.bodies
        assert message["title"] == "Blue <mug> kost €\N{NO-BREAK SPACE}12,00"  # as the user reads
        assert "https://hub.example/prices/products/x" in message["message"]
        assert message["attachments"][0]["mimetype"] == "image/png"

        # A worker died after it had sent, before it wrote that down.
        cut_off = text(
            "UPDATE notification_delivery SET state = 'sending', claimed_at = :at WHERE user_id = :user AND way_id = :way"
        )
        for expected in (("sent", 2, True), ("failed", 2, True)):
            async with database.transaction(Scope.of(seller.id)) as session:
                await session.execute(cut_off, {"at": now() - timedelta(hours=1), "user": user_id, "way": way.id})
            await run_inline(database, box, here, SweepNotifications())
            await run_inline(database, box, here, send)
            assert await deliveries(database, user_id) == [expected]
        assert len(catcher.bodies) == 2

        # Several that are due are one message.  A service that is away is tried again later.
        catcher.answer = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        async with database.transaction(Scope.of(seller.id)) as session:
            await tell(session, [notice(seller, user_id, "two"), notice(seller, user_id, "three")])
        assert await run_inline(database, box, here, send) == {"messages": 0, "failed": 1}
        assert (await deliveries(database, user_id))[1:] == [("waiting", 1, False)] * 2
        assert catcher.bodies[-1]["title"] in {"2 notifications", "2 meldingen"}

        assert await run_inline(database, box, here, TryWay(seller_id=seller.id, way_id=way.id)) == {"ok": False}
        async with database.transaction(Scope.of(seller.id)) as session:
            (known,) = await NotificationService(session, user_id).ways()
            assert known.problem is not None
            assert known.tested_at is not None
            with pytest.raises(WayNotFoundError):
                await NotificationService(session, new_id()).remove(way.id)
            await NotificationService(session, user_id).remove(way.id)
        assert await deliveries(database, user_id) == []


async def test_what_is_late_waits_for_the_end_of_quiet_hours(
    database: Database, box: SecretBox, settings: Settings, seller: SellerRef, user_id: UUID
) -> None:
    hour, moment = timedelta(hours=1), now()
    quiet = {"quiet_from": f"{moment - hour:%H:%M}", "quiet_to": f"{moment + hour:%H:%M}", "digest": "immediate"}
    async with database.transaction(Scope.of(seller.id)) as session:
        service = NotificationService(session, user_id)
        await service.add_mail(seller.id, "Mail")
        await tell(session, [notice(seller, user_id)])
        await service.set_timing(seller.id, {**quiet, "daily_at": "08:00"}, "UTC")
    send = SendNotifications(seller_id=seller.id, user_id=user_id)
    assert await run_inline(database, box, settings, send) == {"messages": 0, "failed": 0}
    assert await deliveries(database, user_id) == [("waiting", 0, False)]
    async with database.transaction(Scope.all_sellers()) as session:
        due_at = text("SELECT due_at FROM notification_delivery WHERE user_id = :user")
        assert (await session.execute(due_at, {"user": user_id})).scalar_one() > moment + hour / 2


async def test_mail_without_a_server_fails_and_says_so(
    database: Database, box: SecretBox, settings: Settings, seller: SellerRef, user_id: UUID
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = NotificationService(session, user_id)
        way = await service.add_mail(seller.id, "Mail")
        assert (await service.add_mail(seller.id, "Mail")).id == way.id
        await tell(session, [notice(seller, user_id)])
    send = SendNotifications(seller_id=seller.id, user_id=user_id)
    assert await run_inline(database, box, settings, send) == {"messages": 0, "failed": 1}
    assert await deliveries(database, user_id) == [("failed", 1, False)]


async def test_settings_are_checked_by_field(database: Database, seller: SellerRef, user_id: UUID) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = NotificationService(session, user_id)
        with pytest.raises(InvalidInputError) as refused:
            await service.set_timing(
                seller.id, {"digest": "often", "quiet_from": "25:00", "quiet_to": "7:00"}, "Europe/Berlin"
            )
        assert set(refused.value.problems) == {"digest", "quiet_from", "quiet_to"}
        given = {"digest": "daily", "daily_at": "09:30", "quiet_from": "22:00", "quiet_to": "07:00"}
        await service.set_timing(seller.id, given, "Europe/Berlin")
        timing = await service.timing(seller.id, "Europe/Amsterdam")
        assert (timing.digest, timing.daily_at, timing.time_zone) == (Digest.DAILY, time(9, 30), "Europe/Berlin")
        await tell(session, [notice(seller, user_id, "kept")])
        (told,) = await service.page(["pricewatch.read"], unread=True)
        assert await service.open(told.id) == "/prices/products/x"
        assert await service.unread(["pricewatch.read"]) == 0
