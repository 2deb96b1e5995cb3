"""The end of a day: what left is handed to its carrier, once, and kept as a document."""

from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.documents.service import DocumentService
from entrepot.fulfilment.carriage.errors import ManifestRefusedError, NothingToCloseError
from entrepot.fulfilment.carriage.events import ManifestMade
from entrepot.fulfilment.carriage.handover import handover_list
from entrepot.fulfilment.carriage.repository import ManifestRepository, WaitingParcel
from entrepot.fulfilment.carriers import CarrierLines, Carriers
from entrepot.fulfilment.contract import Carrier
from entrepot.fulfilment.contract_carriage import ClosesDays, Manifest
from entrepot.fulfilment.refs import CarrierAccountRef
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import Actor, Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.storage import Storage

LOOKS_BACK: Final = timedelta(days=14)
"""What left before that was handed over long ago, or is another kind of problem."""


class ManifestDesk:
    """Closes days; opens its own transactions, because carriers are not called within one."""

    def __init__(
        self,
        database: Database,
        lines: CarrierLines,
        storage: Storage,
        *,
        scope: Scope,
        actor: Actor,
        request_id: str = "",
    ) -> None:
        self._database = database
        self._lines = lines
        self._storage = storage
        self._scope = scope
        self._actor = actor
        self._request_id = request_id

    async def close(self, account_id: UUID) -> UUID:
        """Hand over everything of an account that left and is on no manifest; return the manifest's id.

        Killed between the carrier's answer and the commit, the next call closes the same parcels again, which the
        carrier takes for done.

        Raises:
            NothingToCloseError: nothing waits.
            ManifestRefusedError: the carrier took none of them.
        """
        async with self._open() as session:
            account, waiting, carrier = await self._waiting(session, account_id)
        if not waiting:
            raise NothingToCloseError(carrier=account.name)
        day = now().date()
        told = Manifest()
        if isinstance(carrier, ClosesDays):
            told = await carrier.close_day([one.carrier_shipment_id for one in waiting], day)
        refused = {one.carrier_shipment_id: one.reason for one in told.refused}
        taken = [one for one in waiting if one.carrier_shipment_id not in refused]
        if not taken:
            reason = next(iter(refused.values()))
            raise ManifestRefusedError(carrier=account.name, count=len(waiting), reason=reason)
        async with self._open() as session:
            return await self._store(session, account, taken, told, day)

    async def _waiting(
        self, session: AsyncSession, account_id: UUID
    ) -> tuple[CarrierAccountRef, list[WaitingParcel], Carrier | None]:
        carriers = Carriers(session, self._lines)
        account = await carriers.account(account_id)
        waiting = await ManifestRepository(session).waiting(account_id, now() - LOOKS_BACK)
        connector = await carriers.connector(account_id, why="close the day") if waiting else None
        return account, waiting, connector

    async def _store(
        self, session: AsyncSession, account: CarrierAccountRef, taken: list[WaitingParcel], told: Manifest, day: date
    ) -> UUID:
        repository = ManifestRepository(session)
        await repository.lock(account.id)
        wanted = {one.id for one in taken}
        still = [one for one in await repository.waiting(account.id, now() - LOOKS_BACK) if one.id in wanted]
        if not still:
            raise NothingToCloseError(carrier=account.name)  # somebody closed the same day at the same time
        manifest_id = new_id()
        documents = DocumentService(session, self._storage)
        contents = told.documents or (handover_list(account.name, day, still),)
        names = [f"manifest-{day.isoformat()}-{number}.pdf" for number in range(1, len(contents) + 1)]
        stored = [
            await documents.attach(account.seller_id, "manifest", manifest_id, name, content)
            for name, content in zip(names, contents, strict=True)
        ]
        await repository.insert(
            {
                "id": manifest_id,
                "seller_id": account.seller_id,
                "carrier_account_id": account.id,
                "carrier_name": account.name,
                "day": day,
                "number": told.number,
                "parcels": len(still),
                "refused": [msgspec.to_builtins(one) for one in told.refused],
                "document_ids": [str(one.id) for one in stored],
                "made_by": self._actor.name,
            },
            [one.id for one in still],
        )
        await outbox.record(
            session,
            ManifestMade(
                seller_id=account.seller_id,
                subject_id=manifest_id,
                carrier=account.name,
                parcels=len(still),
                refused=len(told.refused),
            ),
        )
        return manifest_id

    def _open(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.transaction(self._scope, actor=self._actor, request_id=self._request_id)
