"""Opens the connectors of ERPs: gives each what it may reach, and writes down what it does."""

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.erp.accounts import ErpAccountRef
from entrepot.erp.contract import ErpConnector, ErpCredentials, ErpReport
from entrepot.erp.line import ErpCall, ErpLine, Record
from entrepot.erp.registry import erp_spec
from entrepot.erp.spec import ErpSpec
from entrepot.kit.addresses import Network
from entrepot.kit.call_log import CallLog, RecordedCall
from entrepot.kit.credentials import parse_credentials, plain_values, redactor_for
from entrepot.kit.database import Database, context_of
from entrepot.kit.http import Caller
from entrepot.kit.ids import new_id
from entrepot.kit.redaction import LONGEST_BODY
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings

WENT_WELL = 200
"""Status of a call that is not HTTP: what went well is told from what did not in one list."""


class ErpConnections:
    """What a process needs to talk to ERPs.  Make one per process or piece of work, and close it.

    Args:
        calls: where exchanges are written down.
        box: opens credentials.
        allowed: private networks that may be reached.
        folders: folders below which files may be dropped.
    """

    def __init__(
        self, calls: CallLog, box: SecretBox, allowed: tuple[Network, ...] = (), folders: tuple[Path, ...] = ()
    ) -> None:
        self._calls = calls
        self._box = box
        self._allowed = allowed
        self._folders = folders

    @classmethod
    def of(cls, database: Database, box: SecretBox, settings: Settings) -> "ErpConnections":
        """Return the connections of a process with *settings*."""
        return cls(CallLog(database), box, tuple(settings.outside_allow), tuple(settings.drop_allow))

    async def aclose(self) -> None:
        """Write the calls that are not written yet."""
        await self._calls.aclose()

    def spec(self, erp: str) -> ErpSpec[Any]:
        """Return the spec of an ERP's connector."""
        return erp_spec(erp)

    def seal(self, credentials: ErpCredentials) -> bytes:
        """Return *credentials* encrypted."""
        return self._box.seal(msgspec.json.encode(plain_values(credentials)))

    def unseal(self, account: ErpAccountRef, sealed: bytes) -> ErpCredentials:
        """Return the credentials of *account*."""
        plain = msgspec.json.decode(self._box.open(sealed, what=account.name))
        credentials: ErpCredentials = parse_credentials(erp_spec(account.erp), plain)
        return credentials

    async def try_out(
        self,
        spec: ErpSpec[Any],
        credentials: ErpCredentials,
        *,
        seller_id: UUID,
        account_id: UUID | None = None,
    ) -> ErpReport:
        """Prove that *credentials* work, storing nothing, and return what was found."""
        caller = Caller(
            seller_id=seller_id, account_id=account_id, why="test credentials", redactor=redactor_for(credentials)
        )
        connector: ErpConnector = spec.connect(credentials, self._line(caller))
        try:
            return await connector.check()
        finally:
            await connector.aclose()

    def open(self, session: AsyncSession, account: ErpAccountRef, sealed: bytes, *, why: str) -> ErpConnector:
        """Return the connector of *account*.  It outlives *session*, whose author is recorded with its calls."""
        credentials = self.unseal(account, sealed)
        context = context_of(session)
        caller = Caller(
            seller_id=account.seller_id,
            account_id=account.id,
            why=why,
            actor_name=context.actor.name,
            request_id=context.request_id,
            run_id=context.run_id,
            redactor=redactor_for(credentials),
        )
        return erp_spec(account.erp).connect(credentials, self._line(caller))

    def _line(self, caller: Caller) -> ErpLine:
        return ErpLine(allowed=self._allowed, folders=self._folders, record=self._recorder(caller))

    def _recorder(self, caller: Caller) -> Record:
        async def record(call: ErpCall) -> None:
            redactor = caller.redactor
            await self._calls.add(
                RecordedCall(
                    id=new_id(),
                    seller_id=caller.seller_id,
                    account_id=caller.account_id,
                    subject=call.subject,
                    why=caller.why,
                    actor_name=caller.actor_name,
                    request_id=caller.request_id,
                    run_id=caller.run_id,
                    method=call.method,
                    url=redactor.text(call.target),
                    status=None if call.error else WENT_WELL,
                    started_at=call.started_at,
                    duration_ms=call.duration_ms,
                    request_headers={},
                    request_body=redactor.text(call.request[:LONGEST_BODY]),
                    response_headers={},
                    response_body=redactor.text(call.answer[:LONGEST_BODY]),
                    response_bytes=len(call.answer),
                    error=redactor.text(call.error),
                )
            )

        return record
