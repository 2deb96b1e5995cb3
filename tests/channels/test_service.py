"""Accounts: tried before stored, import-only at first, secrets sealed, others' invisible; documents stored once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.channels import views
from entrepot.channels.accounts import ORDERS, AccountRef, DocumentState, Health, Mode, Settlement
from entrepot.channels.connections import Connections
from entrepot.channels.contract import Credentials, RawDocument
from entrepot.channels.errors import (
    AccountImportOnlyError,
    AccountNameTakenError,
    AccountNotFoundError,
    AccountPausedError,
    ChannelAwayError,
    ComesAgainError,
    CredentialsRejectedError,
    DocumentNotFoundError,
)
from entrepot.channels.line import DocumentKey
from entrepot.channels.service import ChannelService
from entrepot.channels.spec import ConnectorSpec
from entrepot.kit.call_log import recent_calls
from entrepot.kit.database import Database
from entrepot.kit.outbox import cursor_now, read_after
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.sandbox.faults import Fault
from entrepot.sandbox.world import World
from tests.channels.conftest import CREDENTIALS, SECRET

pytestmark = pytest.mark.anyio

type MakeSeller = Callable[..., Awaitable[SellerRef]]


@pytest.fixture
async def account(
    database: Database,
    seller: SellerRef,
    connections: Connections,
    spec: ConnectorSpec[Any],
    credentials: Credentials,
) -> AccountRef:
    async with database.transaction(Scope.of(seller.id)) as session:
        return await ChannelService(session, connections).connect(seller.id, spec, credentials, name="My bol")


def raw(document_id: str, fingerprint: str = "v1", body: bytes = b"{}", problem: str = "") -> RawDocument:
    return RawDocument(document_id=document_id, fingerprint=fingerprint, raw=body, problem=problem)


async def topics(database: Database, seller: SellerRef, act: Callable[[], Awaitable[object]]) -> list[str]:
    """Return the topics of what *act* caused."""
    async with database.transaction(Scope.of(seller.id)) as session:
        before = await cursor_now(session)
    await act()
    async with database.transaction(Scope.of(seller.id)) as session:
        found, _ = await read_after(session, before)
    return [event.topic for event in found]


# Accounts


async def test_a_new_account_imports_only(account: AccountRef) -> None:
    assert (account.mode, account.health) == (Mode.IMPORT_ONLY, Health.HEALTHY)
    assert account.prefix == "BOL-"
    account.require_read()
    with pytest.raises(AccountImportOnlyError):
        account.require_write()


async def test_wrong_credentials_are_not_stored(
    database: Database, seller: SellerRef, connections: Connections, spec: ConnectorSpec[Any]
) -> None:
    wrong = spec.credentials.model_validate({**CREDENTIALS, "client_secret": "canary-wrong"})

    with pytest.raises(CredentialsRejectedError) as caught:
        async with database.transaction(Scope.of(seller.id)) as session:
            await ChannelService(session, connections).connect(seller.id, spec, wrong, name="Wrong")

    assert "canary" not in f"{caught.value.detail} {caught.value.facts}"
    async with database.transaction(Scope.of(seller.id)) as session:
        assert await ChannelService(session).accounts() == []


async def test_credentials_are_sealed_and_never_written_down(
    database: Database, seller: SellerRef, connections: Connections, account: AccountRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        connector = await ChannelService(session, connections).connector(account.id)
    await connector.check()
    await connections.outside.calls.flush()  # type: ignore[union-attr]  # the fixture gave it a log

    async with database.transaction(Scope.of(seller.id)) as session:
        rows = (await session.execute(text("SELECT a::text, t::text FROM channel_account a, channel_token t"))).all()
        calls = (await session.execute(text("SELECT c::text FROM external_call c"))).scalars().all()
        token = await _token(connections, account)
    assert rows
    assert calls
    for found in (*(str(row) for row in rows), *calls):
        assert SECRET not in found
        assert token not in found


async def _token(connections: Connections, account: AccountRef) -> str:
    async def never() -> Any:  # noqa: ANN401 -- not called
        raise AssertionError

    return await connections._tokens[account.id].current(never)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # what must not appear anywhere


async def test_two_accounts_of_one_channel_but_not_of_one_name(
    database: Database,
    seller: SellerRef,
    connections: Connections,
    account: AccountRef,
    spec: ConnectorSpec[Any],
    credentials: Credentials,
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session, connections)
        await service.connect(seller.id, spec, credentials, name="Second", prefix="B2-")
        assert [found.name for found in await service.accounts()] == ["My bol", "Second"]
        with pytest.raises(AccountNameTakenError):
            await service.connect(seller.id, spec, credentials, name=account.name)


async def test_another_seller_sees_nothing(
    database: Database, account: AccountRef, seller: SellerRef, make_seller: MakeSeller
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        stored = await ChannelService(session).store_documents(account, ORDERS, [raw("1")])
    other = await make_seller("Red Mugs")
    async with database.transaction(Scope.of(other.id)) as session:
        service = ChannelService(session)
        assert await service.accounts() == []
        assert await service.pending_documents(account.id, ORDERS) == []
        assert await views.documents(session) == []
        with pytest.raises(AccountNotFoundError):
            await service.account(account.id)
        with pytest.raises(DocumentNotFoundError):
            await service.document(stored.new[0].id)
        with pytest.raises(AccountNotFoundError):
            await service.switch(account.id, Mode.LIVE)


async def test_modes_decide_what_may_be_done(database: Database, seller: SellerRef, account: AccountRef) -> None:
    async def go(mode: Mode) -> AccountRef:
        async with database.transaction(Scope.of(seller.id)) as session:
            return await ChannelService(session).switch(account.id, mode)

    assert (await go(Mode.LIVE)).may_write
    paused = await go(Mode.PAUSED)
    with pytest.raises(AccountPausedError):
        paused.require_read()
    assert await topics(database, seller, lambda: go(Mode.PAUSED)) == []
    assert await topics(database, seller, lambda: go(Mode.IMPORT_ONLY)) == ["channels.account_mode_changed"]


async def test_rejected_credentials_stop_the_account_until_they_are_entered_again(
    database: Database, seller: SellerRef, connections: Connections, account: AccountRef, credentials: Credentials
) -> None:
    async def fail() -> None:
        async with database.transaction(Scope.of(seller.id)) as session:
            error = CredentialsRejectedError(channel="bol", status=401)
            await ChannelService(session).record_failure(account.id, error)

    assert await topics(database, seller, fail) == ["channels.account_health_changed"]
    assert await topics(database, seller, fail) == [], "told once, not at every attempt"
    async with database.transaction(Scope.of(seller.id)) as session:
        stopped = await ChannelService(session).account(account.id)
    assert stopped.health is Health.REJECTED
    assert not stopped.may_read
    assert "401" in stopped.last_error

    async with database.transaction(Scope.of(seller.id)) as session:
        again = await ChannelService(session, connections).change(
            account.id, name="My bol", prefix="X-", warehouse_id=None, credentials=credentials
        )
    assert again.may_read
    assert (again.prefix, again.last_error) == ("X-", "")


async def test_a_channel_that_is_away_is_tried_again(
    database: Database, seller: SellerRef, account: AccountRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session)
        await service.record_failure(account.id, ChannelAwayError(channel="bol", reason="answer 503"))
        assert (await service.account(account.id)).may_read
        await service.record_success(account.id, new=14, attention=1)
        healed = await service.account(account.id)
    assert (healed.health, healed.last_new, healed.last_attention) == (Health.HEALTHY, 14, 1)


# Documents


async def test_a_document_is_stored_once(database: Database, seller: SellerRef, account: AccountRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session)
        first = await service.store_documents(account, ORDERS, [raw("1"), raw("2"), raw("1")])
        second = await service.store_documents(account, ORDERS, [raw("2"), raw("1", "v2"), raw("3")])
        waiting = await service.pending_documents(account.id, ORDERS)

    assert [document.document_id for document in first.new] == ["1", "2"]
    assert [(document.document_id, document.fingerprint) for document in second.new] == [("1", "v2"), ("3", "v1")]
    assert second.seen == 1
    assert [document.document_id for document in waiting] == ["1", "2", "1", "3"]


async def test_two_imports_at_once_store_once(database: Database, seller: SellerRef, account: AccountRef) -> None:
    documents = [raw(str(number)) for number in range(200)]

    async def store() -> int:
        async with database.transaction(Scope.of(seller.id)) as session:
            return len((await ChannelService(session).store_documents(account, ORDERS, documents)).new)

    assert sum(await asyncio.gather(*(store() for _ in range(4)))) == 200


async def test_settling(database: Database, seller: SellerRef, account: AccountRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session)
        stored = (await service.store_documents(account, ORDERS, [raw("1"), raw("2"), raw("3")])).new
        await service.settle_documents(
            [
                Settlement(id=stored[0].id, state=DocumentState.IMPORTED, order_id=account.id),
                Settlement(id=stored[1].id, state=DocumentState.ATTENTION, reason="No address."),
            ]
        )
        assert [document.document_id for document in await service.pending_documents(account.id, ORDERS)] == ["3"]
        [troubled] = await views.documents(session, state="attention")
        assert (troubled.document_id, troubled.reason) == ("2", "No address.")
        assert await views.attention_counts(session) == {account.id: 1}


async def test_a_newer_version_settles_the_broken_older_one(
    database: Database, seller: SellerRef, account: AccountRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session)
        [old] = (await service.store_documents(account, ORDERS, [raw("1")])).new
        await service.settle_documents([Settlement(id=old.id, state=DocumentState.ATTENTION, reason="Broken.")])
        [new] = (await service.store_documents(account, ORDERS, [raw("1", "v2")])).new
        await service.settle_documents([Settlement(id=new.id, state=DocumentState.IMPORTED)])

        assert (await service.document(old.id)).state is DocumentState.IGNORED


async def test_what_could_not_be_fetched_is_replaced_when_it_comes(
    database: Database, seller: SellerRef, account: AccountRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session)
        missed = await service.store_documents(account, ORDERS, [raw("1", problem="Answer 500."), raw("2")])
        assert (len(missed.new), missed.attention) == (1, 1)
        [lane] = await views.documents(session, state="attention")

        came = await service.store_documents(account, ORDERS, [raw("1", body=b'{"whole": 1}'), raw("2")])

        assert [(document.id, document.raw) for document in came.new] == [(lane.id, b'{"whole": 1}')]
        assert await views.documents(session, state="attention") == []
        assert len(await service.pending_documents(account.id, ORDERS)) == 2


async def test_a_person_ignores_or_releases(
    database: Database, seller: SellerRef, connections: Connections, account: AccountRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session, connections)
        stored = (await service.store_documents(account, ORDERS, [raw("1"), raw("2")])).new
        await service.settle_documents(
            [Settlement(id=found.id, state=DocumentState.ATTENTION, reason="No.") for found in stored]
        )

    async def decide() -> None:
        async with database.transaction(Scope.of(seller.id)) as session:
            service = ChannelService(session, connections)
            await service.ignore(stored[0].id, "A test order.")
            await service.release(stored[1].id)

    assert await topics(database, seller, decide) == ["channels.document_ignored", "channels.document_released"]
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session)
        assert (await service.document(stored[0].id)).reason == "A test order."
        assert [found.id for found in await service.pending_documents(account.id, ORDERS)] == [stored[1].id]


async def test_only_an_order_that_never_came_whole_is_fetched_alone(
    database: Database, seller: SellerRef, connections: Connections, account: AccountRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session, connections)
        broken = RawDocument(document_id="R-1", fingerprint="", raw=b"", problem="It was cut off.")
        await service.store_documents(account, "return", [broken])
        (lane,) = await views.documents(session, state="attention")

        with pytest.raises(ComesAgainError, match="R-1 never came whole"):
            await service.release(lane.id)


async def test_thousands_of_documents_are_stored_in_a_moment(
    database: Database, seller: SellerRef, account: AccountRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session)
        documents: Sequence[RawDocument] = [raw(str(number), body=b"x" * 2000) for number in range(5000)]
        stored = await service.store_documents(account, ORDERS, documents)
        await service.settle_documents([Settlement(id=found.id, state=DocumentState.IMPORTED) for found in stored.new])
        assert await service.pending_documents(account.id, ORDERS) == []


async def test_cursors(database: Database, seller: SellerRef, account: AccountRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session)
        assert await service.cursor(account.id, ORDERS) is None
        await service.move_cursor(account, ORDERS, "a")
        await service.move_cursor(account, ORDERS, "b")
        assert await service.cursor(account.id, ORDERS) == "b"


# Connectors


async def test_many_processes_obtain_one_token(
    database: Database, box: SecretBox, seller: SellerRef, connections: Connections, account: AccountRef
) -> None:
    others = [Connections(database, box, connections.outside) for _ in range(5)]

    async def use(process: Connections) -> None:
        async with database.transaction(Scope.of(seller.id)) as session:
            connector = await ChannelService(session, process).connector(account.id)
        await asyncio.gather(*(connector.check() for _ in range(3)))

    await asyncio.gather(*(use(process) for process in others))
    await connections.outside.calls.flush()  # type: ignore[union-attr]  # the fixture gave it a log

    async with database.transaction(Scope.of(seller.id)) as session:
        recorded = await recent_calls(session, account_id=account.id, limit=200)
    calls = [call for call in recorded if call.why != "test credentials"]
    assert sum("/token" in call.url for call in calls) == 1
    assert sum("/orders" in call.url for call in calls) == 15


async def test_an_expired_token_is_replaced_once_for_all(
    database: Database, box: SecretBox, seller: SellerRef, connections: Connections, account: AccountRef, world: World
) -> None:
    processes = [connections, Connections(database, box, connections.outside)]
    connectors = []
    for process in processes:
        async with database.transaction(Scope.of(seller.id)) as session:
            connectors.append(await ChannelService(session, process).connector(account.id))
        await connectors[-1].check()
    world.faults.add(Fault(kind="expired_token", count=1))

    await asyncio.gather(*(connector.check() for connector in connectors for _ in range(5)))

    await connections.outside.calls.flush()  # type: ignore[union-attr]  # the fixture gave it a log
    async with database.transaction(Scope.of(seller.id)) as session:
        recorded = await recent_calls(session, account_id=account.id, limit=200)
    calls = [call for call in recorded if call.why != "test credentials"]
    assert sum("/token" in call.url for call in calls) == 2


async def test_an_import_stores_everything_once_and_goes_on_where_it_was(
    database: Database, seller: SellerRef, connections: Connections, account: AccountRef
) -> None:
    new = 0
    for _ in range(2):  # the second run finds what it knows, and fetches no order again
        more = True
        while more:
            async with database.transaction(Scope.of(seller.id)) as session:
                service = ChannelService(session, connections)
                connector = await service.order_connector(account.id, why="import orders")
                cursor = await service.cursor(account.id, ORDERS)
            page = await connector.fetch_orders(cursor)
            async with database.transaction(Scope.of(seller.id)) as session:
                service = ChannelService(session)
                new += len((await service.store_documents(account, ORDERS, page.items)).new)
                await service.move_cursor(account, ORDERS, page.next)
            more = page.more
    await connections.outside.calls.flush()  # type: ignore[union-attr]  # the fixture gave it a log

    async with database.transaction(Scope.of(seller.id)) as session:
        details = await session.execute(text("SELECT count(*) FROM external_call WHERE subject <> ''"))
        waiting = await ChannelService(session).pending_documents(account.id, ORDERS)
    assert new == len(waiting) == details.scalar_one()


async def test_known_versions_are_not_fetched_again(
    database: Database, seller: SellerRef, account: AccountRef, connections: Connections
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session, connections)
        await service.store_documents(account, ORDERS, [raw("1"), raw("2", problem="Answer 500.")])
        connector = await service.connector(account.id)
    known = await connector._line.known(  # type: ignore[attr-defined]  # noqa: SLF001 -- what a connector asks
        [DocumentKey("1", "v1"), DocumentKey("1", "v2"), DocumentKey("2", "v1"), DocumentKey("3", "v1")]
    )

    assert known == {DocumentKey("1", "v1")}
