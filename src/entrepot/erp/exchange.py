"""What goes between us and an ERP: which channel accounts, orders handed over, stock told, and how it goes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.erp import repository
from entrepot.erp.accounts import ErpAccountRef, ErpHealth, ErpJoin, HandOverRecord
from entrepot.erp.connections import ErpConnections
from entrepot.erp.contract import ErpOrder, ErpStock, HandOver, HandOverState
from entrepot.erp.errors import (
    ErpAccountNotFoundError,
    ErpCredentialsRejectedError,
    NothingListedError,
    PartnerNotFoundError,
)
from entrepot.erp.events import ErpHealthChanged, ErpJoined, ErpSeparated, OrdersHandedOver, StockRead
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id


class Exchange:
    """Use cases around what goes over and comes back.

    Args:
        session: the running transaction.
        connections: opens connectors; only the use cases that talk to an ERP need it.
    """

    def __init__(self, session: AsyncSession, connections: ErpConnections | None = None) -> None:
        self._session = session
        self._connections = connections

    async def account(self, account_id: UUID) -> ErpAccountRef:
        """Return one account.

        Raises:
            ErpAccountNotFoundError: there is none, or it is somebody else's.
        """
        found = await repository.find_account(self._session, account_id)
        if found is None:
            raise ErpAccountNotFoundError(account_id=account_id)
        return found

    async def accounts(self, *, seller_id: UUID | None = None) -> list[ErpAccountRef]:
        """Return every account in scope, by name."""
        return await repository.list_accounts(self._session, seller_id=seller_id)

    # Joins

    async def joined(self, channel_account_id: UUID) -> ErpJoin | None:
        """Return the ERP account that a channel account works with, if any."""
        return await repository.find_join(self._session, channel_account_id)

    async def joins(self, erp_account_id: UUID | None = None) -> list[ErpJoin]:
        """Return the joins of an ERP account, or all in scope."""
        return await repository.list_joins(self._session, erp_account_id)

    async def join(
        self, channel_account_id: UUID, erp_account_id: UUID, *, hand_over: bool = True, take_stock: bool = True
    ) -> ErpJoin:
        """Let a channel account work with an ERP account from now on, instead of any other.

        Raises:
            ErpAccountNotFoundError: there is no such ERP account.
            PartnerNotFoundError: there is no such channel account of the same seller.
        """
        account = await self.account(erp_account_id)
        stored = await repository.store_join(
            self._session,
            {
                "channel_account_id": channel_account_id,
                "seller_id": account.seller_id,
                "erp_account_id": erp_account_id,
                "hand_over": hand_over,
                "take_stock": take_stock,
            },
        )
        if not stored:
            raise PartnerNotFoundError(account_id=channel_account_id)
        await outbox.record(
            self._session,
            ErpJoined(
                seller_id=account.seller_id,
                subject_id=erp_account_id,
                name=account.name,
                channel_account_id=str(channel_account_id),
                hand_over=hand_over,
                take_stock=take_stock,
            ),
        )
        return ErpJoin(
            channel_account_id=channel_account_id,
            seller_id=account.seller_id,
            erp_account_id=erp_account_id,
            erp_name=account.name,
            hand_over=hand_over,
            take_stock=take_stock,
        )

    async def separate(self, channel_account_id: UUID) -> None:
        """Let a channel account go without an ERP from now on."""
        join = await self.joined(channel_account_id)
        if join is None:
            return
        await repository.remove_join(self._session, channel_account_id)
        await outbox.record(
            self._session,
            ErpSeparated(
                seller_id=join.seller_id,
                subject_id=join.erp_account_id,
                name=join.erp_name,
                channel_account_id=str(channel_account_id),
            ),
        )

    # What went over and came back

    async def record_stock(
        self,
        account_id: UUID,
        rows: Sequence[ErpStock],
        read_at: datetime,
        *,
        complete: bool = False,
        asked: Sequence[str] | None = None,
    ) -> int:
        """Remember what the ERP said about its stock; return how many rows say something new.

        Args:
            account_id: whose ERP.
            rows: what it said.
            read_at: when the reading began; an older reading never overwrites a newer one.
            complete: every article was read: what is missing is gone.
            asked: these were read: what is missing among them is gone.

        Raises:
            NothingListedError: everything was read and nothing was there, although something was before.
        """
        account = await self.account(account_id)
        if complete and not rows and await repository.has_stock(self._session, account_id):
            raise NothingListedError(erp=account.name)
        changed = await repository.store_stock(self._session, account_id, account.seller_id, rows, read_at)
        if complete or asked is not None:
            changed += await repository.forget_stock(self._session, account_id, read_at, None if complete else asked)
        await repository.update_account(self._session, account_id, {"stock_read_at": read_at})
        await outbox.record(
            self._session,
            StockRead(
                seller_id=account.seller_id, subject_id=account_id, name=account.name, rows=len(rows), changed=changed
            ),
        )
        return changed

    async def record_hand_overs(
        self, account_id: UUID, orders: Sequence[ErpOrder], outcomes: Sequence[HandOver], *, way: str
    ) -> None:
        """Remember what became of *orders*; *outcomes* are what the connector returned, in their order."""
        account = await self.account(account_id)
        moment = now()
        await repository.store_hand_overs(
            self._session,
            [
                {
                    "id": new_id(),
                    "seller_id": account.seller_id,
                    "account_id": account_id,
                    "reference": outcome.reference,
                    "channel": order.channel,
                    "channel_order_id": order.channel_order_id,
                    "state": outcome.state,
                    "way": way,
                    "problem": outcome.problem,
                    "attempts": 1,
                    "handed_over_at": moment if outcome.done else None,
                    "last_tried_at": moment,
                }
                for order, outcome in {
                    outcome.reference: (order, outcome) for order, outcome in zip(orders, outcomes, strict=True)
                }.values()
            ],
        )
        accepted = sum(outcome.state is HandOverState.ACCEPTED for outcome in outcomes)
        refused = sum(outcome.state is HandOverState.REFUSED for outcome in outcomes)
        if accepted or refused:
            await outbox.record(
                self._session,
                OrdersHandedOver(
                    seller_id=account.seller_id,
                    subject_id=account_id,
                    name=account.name,
                    accepted=accepted,
                    refused=refused,
                ),
            )

    async def handed_over(self, account_id: UUID, references: Sequence[str]) -> dict[str, HandOverRecord]:
        """Return what is known of these orders, by reference; what was never tried is left out."""
        found = await repository.find_hand_overs(self._session, account_id, references)
        return {record.reference: record for record in found}

    # Health

    async def record_success(self, account_id: UUID) -> None:
        """Talking to the ERP went well."""
        account = await self._locked(account_id)
        await repository.update_account(self._session, account_id, {"last_success_at": now()})
        await self._set_health(account, ErpHealth.HEALTHY, "", "")

    async def record_failure(self, account_id: UUID, error: EntrepotError) -> None:
        """Talking to the ERP failed.  Rejected credentials stop the account until they are entered again."""
        account = await self._locked(account_id)
        health = ErpHealth.REJECTED if isinstance(error, ErpCredentialsRejectedError) else ErpHealth.FAILING
        await self._set_health(account, health, error.detail, error.code)

    async def _set_health(self, account: ErpAccountRef, health: ErpHealth, reason: str, code: str) -> None:
        values: dict[str, Any] = {"health": health, "last_error": reason, "last_error_code": code}
        if reason:
            values["last_error_at"] = now()
        elif account.health is health and not account.last_error:
            return
        await repository.update_account(self._session, account.id, values)
        if account.health is not health:
            await outbox.record(
                self._session,
                ErpHealthChanged(
                    seller_id=account.seller_id,
                    subject_id=account.id,
                    name=account.name,
                    before=account.health,
                    after=health,
                    reason=reason,
                ),
            )

    async def _locked(self, account_id: UUID) -> ErpAccountRef:
        found = await repository.find_account(self._session, account_id, lock=True)
        if found is None:
            raise ErpAccountNotFoundError(account_id=account_id)
        return found
