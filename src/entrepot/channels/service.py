"""Channel accounts: connect, change, switch; what they received; where reading goes on; how it goes."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from entrepot.channels import repository
from entrepot.channels.accounts import (
    ORDERS,
    AccountRef,
    DocumentState,
    Health,
    Mode,
    ReceivedDocument,
)
from entrepot.channels.connections import Connections
from entrepot.channels.contract import Connector, Credentials, ImportsOrders
from entrepot.channels.errors import (
    AccountNameTakenError,
    AccountNotFoundError,
    CannotDoThatError,
    ComesAgainError,
    CredentialsRejectedError,
)
from entrepot.channels.events import (
    AccountChanged,
    AccountConnected,
    AccountHealthChanged,
    AccountModeChanged,
    CredentialsEndSoon,
    DocumentReleased,
    ImportRequested,
)
from entrepot.channels.inbox import Inbox
from entrepot.channels.spec import ConnectorSpec
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

NEWER_VERSION = N_("A newer version arrived and was imported.")


class ChannelService(Inbox):
    """Use cases of channel accounts.

    Args:
        session: the running transaction.
        connections: opens connectors; only the use cases that talk to a channel need it.
    """

    # Accounts

    async def account(self, account_id: UUID) -> AccountRef:
        """Return one account.

        Raises:
            AccountNotFoundError: there is none, or it is somebody else's.
        """
        found = await repository.find_account(self._session, account_id)
        if found is None:
            raise AccountNotFoundError(account_id=account_id)
        return found

    async def accounts(self, *, seller_id: UUID | None = None) -> list[AccountRef]:
        """Return every account in scope, by name."""
        return await repository.list_accounts(self._session, seller_id=seller_id)

    async def connect(
        self,
        seller_id: UUID,
        spec: ConnectorSpec[Any],
        credentials: Credentials,
        *,
        name: str,
        prefix: str | None = None,
        warehouse_id: UUID | None = None,
    ) -> AccountRef:
        """Try *credentials* on the channel and, if they work, store the account, importing only.

        Raises:
            CredentialsRejectedError: the channel refuses them; nothing is stored.
            ChannelAwayError: it could not be tried; nothing is stored.
            AccountNameTakenError: the seller has an account of this name.
        """
        if await repository.name_taken(self._session, seller_id, name, but=seller_id):
            raise AccountNameTakenError(name=name)
        account_id = new_id()
        known_as = await self._open.try_out(spec, credentials, seller_id=seller_id, account_id=account_id)
        account = AccountRef(
            id=account_id,
            seller_id=seller_id,
            channel=spec.key,
            name=name,
            prefix=spec.prefix if prefix is None else prefix,
            mode=Mode.IMPORT_ONLY,
            health=Health.HEALTHY,
            warehouse_id=warehouse_id,
            known_as=known_as,
            last_success_at=None,
            connected_at=now(),
        )
        values = {field: getattr(account, field) for field in AccountRef.__slots__}
        if not await repository.add_account(self._session, {**values, "credentials": self._open.seal(credentials)}):
            raise AccountNameTakenError(name=name)
        await outbox.record(
            self._session, AccountConnected(seller_id=seller_id, subject_id=account.id, channel=spec.key, name=name)
        )
        return account

    async def change(
        self,
        account_id: UUID,
        *,
        name: str,
        prefix: str,
        warehouse_id: UUID | None,
        credentials: Credentials | None = None,
    ) -> AccountRef:
        """Change an account; new *credentials* are tried first and make a rejected account usable again.

        Raises:
            CredentialsRejectedError: the channel refuses them; nothing is changed.
            AccountNameTakenError: the seller has another account of this name.
        """
        account = await self.account(account_id)
        if name != account.name and await repository.name_taken(self._session, account.seller_id, name, but=account_id):
            raise AccountNameTakenError(name=name)
        values: dict[str, Any] = {"name": name, "prefix": prefix, "warehouse_id": warehouse_id}
        changed = replace(account, name=name, prefix=prefix, warehouse_id=warehouse_id)
        if credentials is not None:
            spec = self._open.spec(account.channel)
            known_as = await self._open.try_out(spec, credentials, seller_id=account.seller_id, account_id=account_id)
            changed = replace(changed, known_as=known_as, health=Health.HEALTHY, last_error="", last_error_code="")
            values |= {
                "known_as": known_as,
                "health": Health.HEALTHY,
                "last_error": "",
                "last_error_code": "",
                "credentials": self._open.seal(credentials),
                "credentials_end": None,
            }
            await repository.forget_token(self._session, account_id)
        await repository.update_account(self._session, account_id, values)
        await outbox.record(
            self._session,
            AccountChanged(
                seller_id=account.seller_id,
                subject_id=account_id,
                name=name,
                credentials_changed=credentials is not None,
            ),
        )
        return changed

    async def switch(self, account_id: UUID, mode: Mode) -> AccountRef:
        """Pause an account, let it import only, or let it go live."""
        account = await self._locked(account_id)
        if account.mode is mode:
            return account
        await repository.update_account(self._session, account_id, {"mode": mode})
        await outbox.record(
            self._session,
            AccountModeChanged(
                seller_id=account.seller_id,
                subject_id=account_id,
                name=account.name,
                before=account.mode,
                after=mode,
            ),
        )
        return replace(account, mode=mode)

    async def request_import(self, account_id: UUID) -> AccountRef:
        """Ask whoever imports to do it now.

        Raises:
            AccountPausedError: nothing may be read.
        """
        account = await self.account(account_id)
        account.require_read()
        await outbox.record(
            self._session, ImportRequested(seller_id=account.seller_id, subject_id=account_id, name=account.name)
        )
        return account

    async def test(self, account_id: UUID) -> str:
        """Try the stored credentials, and return what the channel calls the account.

        The outcome becomes the account's health.

        Raises:
            EntrepotError: what went wrong; the health must then be stored with :meth:`record_failure` in a transaction
                of its own, because this one rolls back.
        """
        connector = await self.connector(account_id)
        known_as = await connector.check()
        await repository.update_account(self._session, account_id, {"known_as": known_as})
        await self._set_health(await self._locked(account_id), Health.HEALTHY, "", "")
        return known_as

    async def connector(self, account_id: UUID, *, why: str = "") -> Connector:
        """Return the account's connector.  It works on after this transaction, and needs none.

        Args:
            account_id: an account in scope.
            why: recorded with each of its calls.
        """
        account = await self.account(account_id)
        sealed = await repository.find_credentials(self._session, account_id)
        if sealed is None:
            raise AccountNotFoundError(account_id=account_id)
        return self._open.open(self._session, account, sealed, why=why)

    async def stored_credentials(self, account_id: UUID) -> Credentials:
        """Return an account's credentials, to keep what a form leaves empty.  Never show them."""
        account = await self.account(account_id)
        sealed = await repository.find_credentials(self._session, account_id)
        if sealed is None:
            raise AccountNotFoundError(account_id=account_id)
        return self._open.unseal(account, sealed)

    async def order_connector(self, account_id: UUID, *, why: str = "") -> ImportsOrders:
        """Return the account's connector as one that imports orders.

        Raises:
            CannotDoThatError: it does not.
        """
        connector = await self.connector(account_id, why=why)
        if not isinstance(connector, ImportsOrders):
            raise CannotDoThatError(channel=type(connector).__name__, capability="import_orders")
        return connector

    async def release(self, document_id: UUID) -> ReceivedDocument:
        """Let a document that needs attention be tried again; fetch it first if it is an order that never came whole.

        Raises:
            DocumentNotFoundError: there is none, or it is somebody else's.
            ComesAgainError: it never came whole, and only orders can be fetched one by one.
        """
        document = await self.document(document_id)
        if document.refetch and document.kind != ORDERS:
            raise ComesAgainError(document=document.document_id)
        if document.refetch:
            connector = await self.order_connector(document.account_id, why="try again")
            fetched = await connector.fetch_order(document.document_id)
            await repository.replace_document(self._session, document_id, fetched.raw)
            document = replace(document, raw=fetched.raw, refetch=False)
        await repository.set_document(self._session, document_id, state=DocumentState.RECEIVED, reason="")
        await outbox.record(
            self._session,
            DocumentReleased(
                seller_id=document.seller_id,
                subject_id=document_id,
                account_id=str(document.account_id),
                kind=document.kind,
                document_id=document.document_id,
            ),
        )
        return replace(document, state=DocumentState.RECEIVED, reason="")

    # Health

    async def record_success(self, account_id: UUID, *, new: int, attention: int) -> None:
        """An import went through: *new* documents were imported, *attention* need a person."""
        account = await self._locked(account_id)
        await repository.update_account(
            self._session, account_id, {"last_success_at": now(), "last_new": new, "last_attention": attention}
        )
        await self._set_health(account, Health.HEALTHY, "", "")

    async def note_end(self, account_id: UUID, end: datetime | None) -> AccountRef:
        """Remember when the credentials end, and tell whoever listens if that is soon."""
        account = replace(await self._locked(account_id), credentials_end=end)
        await repository.update_account(self._session, account_id, {"credentials_end": end})
        if end is not None and account.days_left is not None:
            await outbox.record(
                self._session,
                CredentialsEndSoon(
                    seller_id=account.seller_id,
                    subject_id=account_id,
                    name=account.name,
                    ends_at=end.isoformat(),
                    days=account.days_left,
                ),
            )
        return account

    async def record_failure(self, account_id: UUID, error: EntrepotError) -> None:
        """Talking to the channel failed.  Rejected credentials stop the account until they are entered again."""
        account = await self._locked(account_id)
        health = Health.REJECTED if isinstance(error, CredentialsRejectedError) else Health.FAILING
        await self._set_health(account, health, error.detail, error.code)

    async def _set_health(self, account: AccountRef, health: Health, reason: str, code: str) -> None:
        values: dict[str, Any] = {"health": health, "last_error": reason, "last_error_code": code}
        if reason:
            values["last_error_at"] = now()
        elif account.health is health and not account.last_error:
            return
        await repository.update_account(self._session, account.id, values)
        if account.health is not health:
            await outbox.record(
                self._session,
                AccountHealthChanged(
                    seller_id=account.seller_id,
                    subject_id=account.id,
                    name=account.name,
                    before=account.health,
                    after=health,
                    reason=reason,
                ),
            )

    async def _locked(self, account_id: UUID) -> AccountRef:
        found = await repository.find_account(self._session, account_id, lock=True)
        if found is None:
            raise AccountNotFoundError(account_id=account_id)
        return found

    @property
    def _open(self) -> Connections:
        if self._connections is None:
            msg = "give ChannelService the process's Connections to talk to a channel"
            raise RuntimeError(msg)
        return self._connections
