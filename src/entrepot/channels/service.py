"""Channel accounts: connect, change, switch; what they received; where reading goes on; how it goes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels import repository
from entrepot.channels.accounts import (
    AccountRef,
    DocumentState,
    Health,
    Mode,
    ReceivedDocument,
    Settlement,
    StoredDocuments,
)
from entrepot.channels.connections import Connections
from entrepot.channels.contract import Connector, ConnectorSpec, Credentials, Cursor, ImportsOrders, RawDocument
from entrepot.channels.errors import (
    AccountNameTakenError,
    AccountNotFoundError,
    CannotDoThatError,
    CredentialsRejectedError,
    DocumentNotFoundError,
)
from entrepot.channels.events import (
    AccountChanged,
    AccountConnected,
    AccountHealthChanged,
    AccountModeChanged,
    DocumentIgnored,
    DocumentReleased,
    DocumentsNeedAttention,
    DocumentsReceived,
)
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

NEWER_VERSION = N_("A newer version arrived and was imported.")


class ChannelService:
    """Use cases of channel accounts.

    Args:
        session: the running transaction.
        connections: opens connectors; only the use cases that talk to a channel need it.
    """

    def __init__(self, session: AsyncSession, connections: Connections | None = None) -> None:
        self._session = session
        self._connections = connections

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
        known_as = await self._open.try_out(spec, credentials, seller_id=seller_id)
        account = AccountRef(
            id=new_id(),
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

    async def order_connector(self, account_id: UUID, *, why: str = "") -> ImportsOrders:
        """Return the account's connector as one that imports orders.

        Raises:
            CannotDoThatError: it does not.
        """
        connector = await self.connector(account_id, why=why)
        if not isinstance(connector, ImportsOrders):
            raise CannotDoThatError(channel=type(connector).__name__, capability="import_orders")
        return connector

    # The inbox

    async def store_documents(
        self, account: AccountRef, kind: str, documents: Sequence[RawDocument]
    ) -> StoredDocuments:
        """Store what a channel sent, each version once, before anyone looks into it.

        Returns:
            The new ones that wait to be imported.  Do so and settle them in this transaction, or leave them to
            :meth:`pending_documents`.
        """
        single = {(document.document_id, document.fingerprint): document for document in documents}
        stored = await repository.store_documents(self._session, account, kind, list(single.values()), at=now())
        waiting = tuple(document for document in stored if document.state is DocumentState.RECEIVED)
        attention = len(stored) - len(waiting)
        events: list[outbox.Event] = []
        if waiting:
            events.append(
                DocumentsReceived(seller_id=account.seller_id, subject_id=account.id, kind=kind, count=len(waiting))
            )
        if attention:
            events.append(
                DocumentsNeedAttention(seller_id=account.seller_id, subject_id=account.id, kind=kind, count=attention)
            )
        await outbox.record(self._session, *events)
        return StoredDocuments(new=waiting, seen=len(documents) - len(stored), attention=attention)

    async def pending_documents(self, account_id: UUID, kind: str, *, limit: int = 500) -> list[ReceivedDocument]:
        """Return what is received and not settled, oldest first: left by a killed process, or released by a person."""
        return await repository.waiting_documents(self._session, account_id, kind, limit=limit)

    async def settle_documents(self, settlements: Sequence[Settlement]) -> None:
        """Record what became of received documents.

        Importing one version settles older versions that need attention.
        """
        if not settlements:
            return
        changed = await repository.settle_documents(self._session, settlements)
        imported = [item.id for item in settlements if item.state is DocumentState.IMPORTED]
        if imported:
            await repository.retire_older(self._session, imported, NEWER_VERSION)
        troubled = Counter(
            (seller_id, account_id, kind)
            for seller_id, account_id, kind, state in changed
            if state == DocumentState.ATTENTION
        )
        await outbox.record(
            self._session,
            *(
                DocumentsNeedAttention(seller_id=seller_id, subject_id=account_id, kind=kind, count=count)
                for (seller_id, account_id, kind), count in troubled.items()
            ),
        )

    async def document(self, document_id: UUID) -> ReceivedDocument:
        """Return one received document.

        Raises:
            DocumentNotFoundError: there is none, or it is somebody else's.
        """
        found = await repository.find_document(self._session, document_id)
        if found is None:
            raise DocumentNotFoundError(document=document_id)
        return found

    async def release(self, document_id: UUID) -> ReceivedDocument:
        """Let a document that needs attention be tried again; fetch it first if it never came whole.

        Raises:
            DocumentNotFoundError: there is none, or it is somebody else's.
        """
        document = await self.document(document_id)
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

    async def ignore(self, document_id: UUID, reason: str) -> None:
        """Decide that a document is not to be used.  A changed version will be looked at again."""
        document = await self.document(document_id)
        await repository.set_document(self._session, document_id, state=DocumentState.IGNORED, reason=reason)
        await outbox.record(
            self._session,
            DocumentIgnored(
                seller_id=document.seller_id,
                subject_id=document_id,
                account_id=str(document.account_id),
                kind=document.kind,
                document_id=document.document_id,
            ),
        )

    # Cursors and health

    async def cursor(self, account_id: UUID, kind: str) -> Cursor | None:
        """Return where reading goes on; None: from the beginning."""
        return await repository.find_cursor(self._session, account_id, kind)

    async def move_cursor(self, account: AccountRef, kind: str, cursor: Cursor) -> None:
        """Remember where reading goes on; in the transaction that stores what was read."""
        await repository.move_cursor(self._session, account, kind, cursor)

    async def record_success(self, account_id: UUID, *, new: int, attention: int) -> None:
        """An import went through: *new* documents were imported, *attention* need a person."""
        account = await self._locked(account_id)
        await repository.update_account(
            self._session, account_id, {"last_success_at": now(), "last_new": new, "last_attention": attention}
        )
        await self._set_health(account, Health.HEALTHY, "", "")

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
