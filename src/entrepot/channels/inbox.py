"""What channels sent: stored once, settled once, and where reading goes on."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels import repository
from entrepot.channels.accounts import AccountRef, DocumentState, ReceivedDocument, Settlement, StoredDocuments
from entrepot.channels.connections import Connections
from entrepot.channels.contract import Cursor, RawDocument
from entrepot.channels.errors import DocumentNotFoundError
from entrepot.channels.events import DocumentIgnored, DocumentsNeedAttention, DocumentsReceived
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.text import N_

NEWER_VERSION = N_("A newer version arrived and was imported.")


class Inbox:
    """The part of :class:`~entrepot.channels.service.ChannelService` that needs no channel."""

    def __init__(self, session: AsyncSession, connections: Connections | None = None) -> None:
        self._session = session
        self._connections = connections

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

    # Cursors

    async def cursor(self, account_id: UUID, kind: str) -> Cursor | None:
        """Return where reading goes on; None: from the beginning."""
        return await repository.find_cursor(self._session, account_id, kind)

    async def move_cursor(self, account: AccountRef, kind: str, cursor: Cursor) -> None:
        """Remember where reading goes on; in the transaction that stores what was read."""
        await repository.move_cursor(self._session, account, kind, cursor)


async def forget_documents(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Remove at most *limit* documents that are imported or ignored and were last seen before *before*.

    What waits or needs attention stays, however old.
    """
    return await repository.forget_documents(session, before, limit)
