"""Retention: what is older than the settings say goes, in batches; nothing else does."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from entrepot.access.principal import SellerRef
from entrepot.channels.inbox import forget_documents
from entrepot.jobs.inline import run_inline
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id, oldest_id
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.operations.jobs import Tidy
from tests.operations.test_pages import add_call

pytestmark = pytest.mark.anyio

LONG_AGO = timedelta(days=400)


async def add_document(database: Database, seller: SellerRef, account: UUID, state: str, age: timedelta) -> UUID:
    document = UUID(int=oldest_id(now() - age).int | new_id().int & (1 << 80) - 1)
    async with database.transaction(Scope.of(seller.id)) as session:
        await session.execute(
            text(
                "INSERT INTO inbox_document (id, seller_id, account_id, kind, document_id, fingerprint, raw, state, reason,"
                " refetch, first_seen_at, last_seen_at) VALUES (:id, :seller, :account, 'order', :name, 'f', '', :state,"
                " '', false, :at, :at)"
            ),
            {
                "id": document,
                "seller": seller.id,
                "account": account,
                "name": str(document),
                "state": state,
                "at": now() - age,
            },
        )
    return document


async def add_account(database: Database, seller: SellerRef) -> UUID:
    account = new_id()
    async with database.transaction(Scope.of(seller.id)) as session:
        await session.execute(
            text(
                "INSERT INTO channel_account (id, seller_id, channel, name, prefix, mode, credentials, known_as, health,"
                " last_error, last_error_code, last_new, last_attention) VALUES (:id, :seller, 'bol', 'bol', '', 'paused',"
                " '', '', 'untested', '', '', 0, 0)"
            ),
            {"id": account, "seller": seller.id},
        )
    return account


async def left(database: Database, table: str, ids: list[UUID], column: str = "id") -> set[UUID]:
    async with database.transaction(Scope.all_sellers()) as session:
        found = await session.execute(text(f"SELECT {column} FROM {table} WHERE {column} = ANY(:ids)"), {"ids": ids})
        return set(found.scalars())


async def test_old_calls_documents_and_events_go(database: Database, box: SecretBox, seller: SellerRef) -> None:
    account = await add_account(database, seller)
    documents = {
        (state, age): await add_document(database, seller, account, state, age)
        for state in ("imported", "ignored", "attention", "received")
        for age in (LONG_AGO, timedelta(days=2))
    }
    old_event, new_event = new_id(), new_id()
    async with database.transaction(Scope.of(seller.id)) as session:
        old_call = await add_call(session, seller, started_at=now() - LONG_AGO)
        new_call = await add_call(session, seller)
        for subject, at in ((old_event, now() - LONG_AGO), (new_event, now())):
            await session.execute(
                text(
                    "INSERT INTO event (seller_id, topic, subject_kind, subject_id, payload, actor_kind, actor_id,"
                    " actor_name, request_id, recorded_at) VALUES (:seller, 'tests.happened', 'test', :subject, '{}', '',"
                    " '', '', '', :at)"
                ),
                {"seller": seller.id, "subject": subject, "at": at},
            )

    await run_inline(database, box, Settings(_env_file=None), Tidy())  # type: ignore[call-arg]  # pydantic-settings
    assert await left(database, "external_call", [old_call, new_call]) == {new_call}
    assert await left(database, "event", [old_event, new_event], "subject_id") == {old_event, new_event}
    assert await left(database, "inbox_document", list(documents.values())) == {
        document for (state, age), document in documents.items() if age < LONG_AGO or state in {"attention", "received"}
    }

    keeping = Settings(keep_events_days=365, _env_file=None)  # type: ignore[call-arg]  # pydantic-settings
    await run_inline(database, box, keeping, Tidy())
    assert await left(database, "event", [old_event, new_event], "subject_id") == {new_event}


async def test_a_batch_is_bounded(database: Database, seller: SellerRef) -> None:
    account = await add_account(database, seller)
    for _ in range(3):
        await add_document(database, seller, account, "imported", LONG_AGO)

    async with database.transaction(Scope.of(seller.id)) as session:
        before = now() - timedelta(days=30)
        assert [await forget_documents(session, before=before, limit=2) for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize("days", [29, 400])
async def test_the_event_log_is_forgotten_by_the_instance_alone_and_never_while_young(
    database: Database, seller: SellerRef, days: int
) -> None:
    scope = Scope.all_sellers() if days < 30 else Scope.of(seller.id)
    with pytest.raises(DBAPIError, match="only forgotten by the instance"):
        async with database.transaction(scope) as session:
            await outbox.forget_events(session, before=now() - timedelta(days=days), limit=10)
