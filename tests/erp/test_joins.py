"""Joins of channel accounts to ERP accounts, proven by the database."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.erp import repository
from entrepot.erp.errors import ErpAccountNotFoundError, PartnerNotFoundError
from entrepot.erp.service import ErpService
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import read_subjects
from entrepot.kit.scope import Scope
from tests.erp.conftest import add_channel_account, add_erp_account

pytestmark = pytest.mark.anyio


async def test_a_channel_account_has_one_erp_at_most(session: AsyncSession, seller: SellerRef) -> None:
    channel = await add_channel_account(session, seller.id)
    first, second = await add_erp_account(session, seller.id), await add_erp_account(session, seller.id)
    service = ErpService(session)

    await service.join(channel, first, hand_over=True, take_stock=False)
    join = await service.join(channel, second, hand_over=False, take_stock=True)

    assert await service.joined(channel) == join
    assert (join.erp_account_id, join.hand_over, join.take_stock) == (second, False, True)
    assert await service.joins(first) == []
    assert await service.joins(second) == [join]


async def test_separating_leaves_no_join(session: AsyncSession, seller: SellerRef) -> None:
    channel, erp = await add_channel_account(session, seller.id), await add_erp_account(session, seller.id)
    service = ErpService(session)
    await service.join(channel, erp)

    await service.separate(channel)
    await service.separate(channel)

    assert await service.joined(channel) is None
    assert [event.topic for event in await read_subjects(session, [erp])] == ["erp.separated", "erp.joined"]


async def test_what_is_not_there_is_not_joined(session: AsyncSession, seller: SellerRef) -> None:
    channel, erp = await add_channel_account(session, seller.id), await add_erp_account(session, seller.id)
    service = ErpService(session)

    with pytest.raises(PartnerNotFoundError):
        await service.join(new_id(), erp)
    with pytest.raises(ErpAccountNotFoundError):
        await service.join(channel, new_id())

    assert await service.joins() == []


async def test_two_sellers_are_never_joined(
    database: Database, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    one, other = await make_seller(), await make_seller()
    async with database.transaction(Scope.of(one.id)) as session:
        erp = await add_erp_account(session, one.id)
    async with database.transaction(Scope.of(other.id)) as session:
        channel = await add_channel_account(session, other.id)

    async with database.transaction(Scope.over([one.id, other.id])) as session:
        with pytest.raises(PartnerNotFoundError):
            await ErpService(session).join(channel, erp)
    async with database.transaction(Scope.of(other.id)) as session:
        with pytest.raises(ErpAccountNotFoundError):
            await ErpService(session).join(channel, erp)
        assert await ErpService(session).accounts() == []


async def test_an_account_goes_with_its_joins(session: AsyncSession, seller: SellerRef) -> None:
    erp: UUID = await add_erp_account(session, seller.id)

    account = await ErpService(session).account(erp)

    assert account.usable
    assert account.connected_at <= now()
    assert await repository.find_account(session, new_id()) is None
