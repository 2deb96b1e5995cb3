"""ERP accounts: connect, change, switch, join; what was handed over; what stock they told; how it goes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from entrepot.erp import repository
from entrepot.erp.accounts import ErpAccountRef, ErpHealth
from entrepot.erp.connections import ErpConnections
from entrepot.erp.contract import (
    ErpConnector,
    ErpCredentials,
    ErpReport,
    HandsOverOrders,
    ReadsStock,
    ReadsTracking,
)
from entrepot.erp.errors import (
    ErpAccountNotFoundError,
    ErpCannotDoThatError,
    ErpIncompleteError,
    ErpNameTakenError,
    ErpWarehouseUnknownError,
)
from entrepot.erp.events import (
    ErpChanged,
    ErpConnected,
    ErpSwitched,
)
from entrepot.erp.exchange import Exchange
from entrepot.erp.spec import ErpSpec
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id


class ErpService(Exchange):
    """Use cases of ERP accounts.

    Args:
        session: the running transaction.
        connections: opens connectors; only the use cases that talk to an ERP need it.
    """

    # Accounts

    async def connect(
        self, seller_id: UUID, spec: ErpSpec[Any], credentials: ErpCredentials, *, name: str
    ) -> ErpAccountRef:
        """Try *credentials* and, if everything needed is there, store the account.

        Raises:
            ErpCredentialsRejectedError: the ERP refuses them; nothing is stored.
            ErpIncompleteError: something is missing, named in a sentence; nothing is stored.
            ErpAwayError: it could not be tried; nothing is stored.
            ErpNameTakenError: the seller has an account of this name.
        """
        if await repository.name_taken(self._session, seller_id, name, but=seller_id):
            raise ErpNameTakenError(name=name)
        account_id = new_id()
        report = complete(spec, await self._open.try_out(spec, credentials, seller_id=seller_id, account_id=account_id))
        account = ErpAccountRef(
            id=account_id,
            seller_id=seller_id,
            erp=spec.key,
            name=name,
            known_as=report.known_as,
            active=True,
            health=ErpHealth.HEALTHY,
            known_warehouses=report.warehouses,
            checks=report.checks,
            checked_at=now(),
            connected_at=now(),
        )
        stored = await repository.add_account(
            self._session,
            {
                "id": account.id,
                "seller_id": seller_id,
                "erp": spec.key,
                "name": name,
                "credentials": self._open.seal(credentials),
                "known_as": account.known_as,
                "active": True,
                "health": account.health,
                "last_error": "",
                "last_error_code": "",
                "report": _as_json(report),
                "warehouses": [],
                "checked_at": account.checked_at,
                "connected_at": account.connected_at,
            },
        )
        if not stored:
            raise ErpNameTakenError(name=name)
        await outbox.record(
            self._session, ErpConnected(seller_id=seller_id, subject_id=account.id, erp=spec.key, name=name)
        )
        return account

    async def change(
        self,
        account_id: UUID,
        *,
        name: str | None = None,
        warehouses: Sequence[str] | None = None,
        credentials: ErpCredentials | None = None,
    ) -> ErpAccountRef:
        """Change an account; new *credentials* are tried first and make a rejected account usable again.

        Args:
            account_id: an account in scope.
            name: its new name.
            warehouses: keys of those whose stock counts; empty: all.
            credentials: new ones.

        Raises:
            ErpCredentialsRejectedError: the ERP refuses them; nothing is changed.
            ErpIncompleteError: something is missing; nothing is changed.
            ErpNameTakenError: the seller has another account of this name.
            ErpWarehouseUnknownError: the ERP has no such warehouse.
        """
        account = await self.account(account_id)  # not locked: the ERP is asked while this transaction is open
        values: dict[str, Any] = {}
        if name is not None and name != account.name:
            if await repository.name_taken(self._session, account.seller_id, name, but=account_id):
                raise ErpNameTakenError(name=name)
            values["name"] = name
        if credentials is not None:
            spec = self._open.spec(account.erp)
            report = complete(
                spec,
                await self._open.try_out(spec, credentials, seller_id=account.seller_id, account_id=account_id),
            )
            values |= {
                "known_as": report.known_as,
                "report": _as_json(report),
                "checked_at": now(),
                "health": ErpHealth.HEALTHY,
                "last_error": "",
                "last_error_code": "",
                "credentials": self._open.seal(credentials),
            }
            account = replace(account, known_warehouses=report.warehouses)
        if warehouses is not None:
            known = {one.warehouse for one in account.known_warehouses}
            for wanted in warehouses:
                if wanted not in known:
                    raise ErpWarehouseUnknownError(erp=account.name, warehouse=wanted[:60])
            values["warehouses"] = sorted(set(warehouses))
        if values:
            await repository.update_account(self._session, account_id, values)
            await outbox.record(
                self._session,
                ErpChanged(
                    seller_id=account.seller_id,
                    subject_id=account_id,
                    name=values.get("name", account.name),
                    credentials_changed=credentials is not None,
                    warehouses=tuple(values.get("warehouses", account.warehouses)),
                ),
            )
        return await self.account(account_id)

    async def switch(self, account_id: UUID, *, active: bool) -> ErpAccountRef:
        """Pause an account, or switch it on."""
        account = await self._locked(account_id)
        if account.active is active:
            return account
        await repository.update_account(self._session, account_id, {"active": active})
        await outbox.record(
            self._session,
            ErpSwitched(seller_id=account.seller_id, subject_id=account_id, name=account.name, active=active),
        )
        return replace(account, active=active)

    async def test(self, account_id: UUID) -> ErpReport:
        """Try the stored credentials, and remember what was found.

        Raises:
            EntrepotError: what went wrong; the health must then be stored with :meth:`record_failure` in a transaction
                of its own, because this one rolls back.
        """
        account = await self.account(account_id)
        connector = await self.connector(account_id, why="test credentials")
        try:
            report = await connector.check()
        finally:
            await connector.aclose()
        await repository.update_account(
            self._session,
            account_id,
            {"known_as": report.known_as, "report": _as_json(report), "checked_at": now()},
        )
        complete(self._open.spec(account.erp), report)
        await self._set_health(await self._locked(account_id), ErpHealth.HEALTHY, "", "")
        return report

    async def stored_credentials(self, account_id: UUID) -> ErpCredentials:
        """Return an account's credentials, to keep what a form leaves empty.  Never show them."""
        account = await self.account(account_id)
        return self._open.unseal(account, await self._sealed(account_id))

    async def connector(self, account_id: UUID, *, why: str = "") -> ErpConnector:
        """Return the account's connector.  It works on after this transaction, and needs none; close it.

        Args:
            account_id: an account in scope.
            why: recorded with each of its calls.
        """
        account = await self.account(account_id)
        return self._open.open(self._session, account, await self._sealed(account_id), why=why)

    async def order_connector(self, account_id: UUID, *, why: str = "") -> HandsOverOrders:
        """Return the account's connector as one that takes orders.

        Raises:
            ErpCannotDoThatError: it does not.
        """
        connector = await self.connector(account_id, why=why)
        if not isinstance(connector, HandsOverOrders):
            raise ErpCannotDoThatError(erp=type(connector).__name__, capability="hand_over_orders")
        return connector

    async def stock_connector(self, account_id: UUID, *, why: str = "") -> ReadsStock:
        """Return the account's connector as one that tells its stock.

        Raises:
            ErpCannotDoThatError: it does not.
        """
        connector = await self.connector(account_id, why=why)
        if not isinstance(connector, ReadsStock):
            raise ErpCannotDoThatError(erp=type(connector).__name__, capability="read_stock")
        return connector

    async def tracking_connector(self, account_id: UUID, *, why: str = "") -> ReadsTracking:
        """Return the account's connector as one that tells parcels.

        Raises:
            ErpCannotDoThatError: it does not.
        """
        connector = await self.connector(account_id, why=why)
        if not isinstance(connector, ReadsTracking):
            raise ErpCannotDoThatError(erp=type(connector).__name__, capability="read_tracking")
        return connector

    async def _sealed(self, account_id: UUID) -> bytes:
        sealed = await repository.find_credentials(self._session, account_id)
        if sealed is None:
            raise ErpAccountNotFoundError(account_id=account_id)
        return sealed

    @property
    def _open(self) -> ErpConnections:
        if self._connections is None:
            msg = "give ErpService the process's ErpConnections to talk to an ERP"
            raise RuntimeError(msg)
        return self._connections


def complete(spec: ErpSpec[Any], report: ErpReport) -> ErpReport:
    """Return *report* if nothing is missing.

    Raises:
        ErpIncompleteError: says everything that is.
    """
    problems = " ".join(check.problem for check in report.checks if not check.ok)
    if problems:
        raise ErpIncompleteError(erp=spec.name, problems=problems)
    return report


def _as_json(report: ErpReport) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(report)
    return {"checks": plain["checks"], "warehouses": plain["warehouses"]}
