"""Doors: making one, asking the channel to use it, and passing on what came."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef
from entrepot.channels.connections import Connections
from entrepot.channels.contract_notices import NoticeKind, ReceivesNotices
from entrepot.channels.errors import CannotDoThatError
from entrepot.channels.events import CompetingNoticed, OfferNoticed, OrderNoticed, ProcessNoticed, ReturnNoticed
from entrepot.channels.notices import repository
from entrepot.channels.notices.repository import DoorRow, NoticeRow
from entrepot.channels.service import ChannelService
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.secretbox import SecretBox

BATCH = 1000
SHOWN = 15


class NoticeService:
    """Use cases of doors.

    Args:
        session: the running transaction.
        box: seals what is secret about a door.
        connections: opens connectors; only subscribing needs it.
    """

    def __init__(self, session: AsyncSession, box: SecretBox, connections: Connections | None = None) -> None:
        self._session = session
        self._box = box
        self._connections = connections

    async def door(self, account: AccountRef) -> DoorRow | None:
        """Return the door of an account."""
        return await repository.find_door(self._session, account.id)

    def address(self, base: str, account: AccountRef, door: DoorRow) -> str:
        """Return where the channel is to send notices.  It holds a secret: show it to whoever manages channels."""
        secret = self._box.open(door.secret, what=account.name).decode()
        return f"{base}/hooks/{account.id}/{secret}"

    async def latest(self, account: AccountRef) -> list[NoticeRow]:
        """Return what came last."""
        return await repository.latest(self._session, account.id, SHOWN)

    async def subscribe(self, account_id: UUID, base: str) -> DoorRow:
        """Make the account's door, unless it has one, and ask the channel to send notices there.

        If the channel refuses, the door stays, with the reason: many channels want the address entered by hand first.

        Raises:
            CannotDoThatError: the connector knows no notices.
        """
        channels = ChannelService(self._session, self._connections)
        account = await channels.account(account_id)
        connector = await channels.connector(account_id, why="ask for notices")
        if not isinstance(connector, ReceivesNotices):
            raise CannotDoThatError(channel=account.name, capability="receive_notices")
        secret = self._box.seal(secrets.token_urlsafe(24).encode())
        await repository.make_door(self._session, account_id, account.seller_id, secret)
        made = await repository.find_door(self._session, account_id)
        assert made is not None  # noqa: S101 -- just made, in this transaction
        keys, at, problem = None, None, ""
        try:
            keys = self._box.seal(await connector.subscribe(self.address(base, account, made)))
            at = now()
        except EntrepotError as error:
            problem = error.detail
        await repository.set_subscribed(self._session, account_id, keys=keys, at=at, problem=problem)
        found = await repository.find_door(self._session, account_id)
        return found or made

    async def pass_on(self, account: AccountRef) -> int:
        """Tell the slices what the oldest waiting notices are about, each thing once; return how many notices."""
        rows = await repository.take_waiting(self._session, account.id, BATCH, at=now())
        await outbox.record(self._session, *_events(account, rows))
        return len(rows)


def _events(account: AccountRef, rows: Sequence[NoticeRow]) -> list[outbox.Event]:
    found = [_event(account, kind, subject) for kind, subject in dict.fromkeys((row.kind, row.subject) for row in rows)]
    return [event for event in found if event is not None]


def _event(account: AccountRef, kind: str, subject: str) -> outbox.Event | None:
    seller_id, own = account.seller_id, str(account.id)
    match kind:
        case NoticeKind.ORDER:
            return OrderNoticed(seller_id=seller_id, subject_id=account.id, account_id=own, channel_order_id=subject)
        case NoticeKind.PROCESS:
            return ProcessNoticed(seller_id=seller_id, subject_id=account.id, account_id=own, ref=subject)
        case NoticeKind.OFFER:
            return OfferNoticed(seller_id=seller_id, subject_id=account.id, account_id=own, channel_offer_id=subject)
        case NoticeKind.RETURN:
            return ReturnNoticed(seller_id=seller_id, subject_id=account.id, account_id=own, ref=subject)
        case NoticeKind.COMPETING:
            return CompetingNoticed(seller_id=seller_id, subject_id=account.id, account_id=own, gtin=subject)
        case _:
            return None
