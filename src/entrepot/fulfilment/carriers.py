"""Carrier accounts: connect, change, test; the sender's address; opening a connector."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.line import Line
from entrepot.fulfilment.account_services import AccountServices
from entrepot.fulfilment.contract import Carrier, CarrierService, CarrierSpec, Credentials, PostalAddress
from entrepot.fulfilment.errors import (
    CarrierAccountNotFoundError,
    CarrierFormError,
    CarrierNameTakenError,
    NoSenderError,
    UnknownServiceError,
)
from entrepot.fulfilment.events import CarrierChanged, CarrierConnected
from entrepot.fulfilment.refs import CarrierAccountRef
from entrepot.fulfilment.registry import carrier_spec
from entrepot.fulfilment.repository import CarrierRepository
from entrepot.fulfilment.tasks import CloseDay, TrackParcels
from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.call_log import CallLog
from entrepot.kit.clock import now
from entrepot.kit.credentials import NEEDED, plain_values, redactor_for
from entrepot.kit.database import Database, context_of
from entrepot.kit.http import Caller, OutsideHttp
from entrepot.kit.ids import new_id
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings

TRACK_EVERY_MINUTES = 5
CLOSE_AT = "30 18 * * *"
CLOSE_ZONE = "Europe/Amsterdam"


@dataclass(frozen=True, slots=True)
class CarrierLines:
    """What a process needs to talk to carriers.  Make one per process or piece of work, and close it."""

    box: SecretBox
    outside: OutsideHttp

    @classmethod
    def of(cls, database: Database, box: SecretBox, settings: Settings) -> "CarrierLines":
        """Return the lines of a process with *settings*."""
        return cls(box, OutsideHttp(CallLog(database), settings.outside_allow))

    async def aclose(self) -> None:
        """Close connections, and write the calls that are not written yet."""
        await self.outside.__aexit__(None, None, None)

    def connect(
        self,
        spec: CarrierSpec[Any],
        credentials: Credentials,
        *,
        seller_id: UUID,
        why: str,
        account_id: UUID | None = None,
        session: AsyncSession | None = None,
    ) -> Carrier:
        """Return a connector; its calls are recorded for the author of *session*."""
        context = context_of(session) if session is not None else None
        caller = Caller(
            seller_id=seller_id,
            account_id=account_id,
            why=why,
            actor_name=context.actor.name if context else "",
            request_id=context.request_id if context else "",
            run_id=context.run_id if context else None,
            redactor=redactor_for(credentials),
        )
        return spec.connect(credentials, Line(http=self.outside.client(caller)))

    def seal(self, credentials: Credentials) -> bytes:
        """Return *credentials* encrypted."""
        return self.box.seal(msgspec.json.encode(plain_values(credentials)))

    def unseal(self, account: CarrierAccountRef, sealed: bytes) -> Credentials:
        """Return the credentials of *account*."""
        spec = carrier_spec(account.carrier)
        stored: Credentials = spec.credentials.model_validate(
            msgspec.json.decode(self.box.open(sealed, what=account.name))
        )
        return stored


class Carriers:
    """Use cases of carrier accounts."""

    def __init__(self, session: AsyncSession, lines: CarrierLines | None = None) -> None:
        self._session = session
        self._lines = lines
        self._carriers = CarrierRepository(session)

    async def account(self, account_id: UUID) -> CarrierAccountRef:
        """Return one account.

        Raises:
            CarrierAccountNotFoundError: there is none, or it is somebody else's.
        """
        found = await self._carriers.find(account_id)
        if found is None:
            raise CarrierAccountNotFoundError(account=str(account_id))
        return found

    async def accounts(self, seller_id: UUID | None = None) -> list[CarrierAccountRef]:
        """Return every account in scope, by name."""
        return await self._carriers.all(seller_id)

    async def connect(
        self, seller_id: UUID, spec: CarrierSpec[Any], credentials: Credentials, *, name: str, service: str = ""
    ) -> CarrierAccountRef:
        """Try *credentials* and, if they work, store the account.

        Raises:
            CredentialsRejectedError: the carrier refuses them; nothing is stored.
            ChannelAwayError: it could not be tried; nothing is stored.
            CarrierNameTakenError: the seller has an account of this name.
        """
        service = _service(spec, spec.services, service)
        if await self._carriers.name_taken(seller_id, name, seller_id):
            raise CarrierNameTakenError(name=name)
        carrier = self._open.connect(
            spec, credentials, seller_id=seller_id, why="test credentials", session=self._session
        )
        known_as = await carrier.check()
        account_id = new_id()
        stored = await self._carriers.insert(
            {
                "id": account_id,
                "seller_id": seller_id,
                "carrier": spec.key,
                "name": name,
                "credentials": self._open.seal(credentials),
                "default_service": service,
                "known_as": known_as,
                "connected_at": now(),
            }
        )
        if not stored:
            raise CarrierNameTakenError(name=name)
        await outbox.record(
            self._session, CarrierConnected(seller_id=seller_id, subject_id=account_id, carrier=spec.key, name=name)
        )
        await AccountServices(self._session).learn(seller_id, account_id, carrier)
        await jobs.set_schedule(
            self._session,
            f"fulfilment.track:{account_id}",
            TrackParcels(seller_id=seller_id, account_id=account_id),
            cron=f"*/{TRACK_EVERY_MINUTES} * * * *",
        )
        if not spec.channel:
            await jobs.set_schedule(
                self._session,
                f"fulfilment.close_day:{account_id}",
                CloseDay(seller_id=seller_id, account_id=account_id),
                cron=CLOSE_AT,
                time_zone=CLOSE_ZONE,
            )
        return await self.account(account_id)

    async def change(
        self,
        account_id: UUID,
        *,
        name: str,
        service: str,
        active: bool = True,
        credentials: Credentials | None = None,
    ) -> CarrierAccountRef:
        """Change an account; new *credentials* are tried first."""
        account = await self.account(account_id)
        spec = carrier_spec(account.carrier)
        services = (await AccountServices(self._session).of([account]))[account_id]
        values: dict[str, object] = {
            "name": name,
            "default_service": _service(spec, services, service),
            "active": active,
        }
        if await self._carriers.name_taken(account.seller_id, name, account_id):
            raise CarrierNameTakenError(name=name)
        if credentials is not None:
            carrier = self._open.connect(
                spec,
                credentials,
                seller_id=account.seller_id,
                account_id=account_id,
                why="test credentials",
                session=self._session,
            )
            values |= {
                "known_as": await carrier.check(),
                "credentials": self._open.seal(credentials),
                "last_error": "",
                "last_error_at": None,
            }
            await AccountServices(self._session).learn(account.seller_id, account_id, carrier)
        await self._carriers.update(account_id, **values)
        await outbox.record(
            self._session,
            CarrierChanged(
                seller_id=account.seller_id,
                subject_id=account_id,
                name=name,
                credentials_changed=credentials is not None,
            ),
        )
        return await self.account(account_id)

    async def stored_credentials(self, account_id: UUID) -> Credentials:
        """Return an account's credentials, to change some of them."""
        account = await self.account(account_id)
        sealed = await self._carriers.credentials(account_id)
        if sealed is None:
            raise CarrierAccountNotFoundError(account=str(account_id))
        return self._open.unseal(account, sealed)

    async def connector(self, account_id: UUID, *, why: str) -> Carrier:
        """Return the account's connector.  It works on after this transaction, and needs none."""
        account = await self.account(account_id)
        return self._open.connect(
            carrier_spec(account.carrier),
            await self.stored_credentials(account_id),
            seller_id=account.seller_id,
            account_id=account_id,
            why=why,
            session=self._session,
        )

    async def note_failure(self, account_id: UUID, reason: str) -> None:
        """Remember what went wrong last; nothing for an empty reason."""
        await self._carriers.update(account_id, last_error=reason, last_error_at=now() if reason else None)

    async def sender(self, seller_id: UUID, warehouse_id: UUID | None) -> PostalAddress:
        """Return what labels of a building say about the sender.

        Raises:
            NoSenderError: nobody entered one.
        """
        found = await self._carriers.sender(seller_id, warehouse_id)
        if found is None:
            raise NoSenderError
        return msgspec.convert(found, PostalAddress)

    async def set_sender(self, seller_id: UUID, address: PostalAddress, warehouse_id: UUID | None = None) -> None:
        """Say where parcels come from: from one building, or from all that have no address of their own.

        Raises:
            CarrierFormError: a part is missing.
        """
        problems = {
            name: NEEDED for name in ("street", "house_number", "postcode", "city", "country")
            if not getattr(address, name)
        }  # fmt: skip
        if not (address.company or address.last_name):
            problems["company"] = NEEDED
        if problems:
            raise CarrierFormError(problems)
        await self._carriers.set_sender(
            {
                "id": new_id(),
                "seller_id": seller_id,
                "warehouse_id": warehouse_id,
                "address": msgspec.to_builtins(address),
            }
        )

    @property
    def _open(self) -> CarrierLines:
        if self._lines is None:
            msg = "give Carriers the process's CarrierLines to talk to a carrier"
            raise RuntimeError(msg)
        return self._lines


def _service(spec: CarrierSpec[Any], services: Sequence[CarrierService], service: str) -> str:
    if not service:
        return services[0].code
    if service not in {one.code for one in services}:
        raise UnknownServiceError(carrier=spec.name, service=service[:60])
    return service
