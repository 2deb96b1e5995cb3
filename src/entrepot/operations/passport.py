"""Passports of connectors: what each says it can do, what its code proves, how the conformance suite went."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib.metadata import entry_points
from importlib.resources import files
from typing import Any

import msgspec

from entrepot.channels.accounts import AccountRef
from entrepot.channels.proof import provided_by
from entrepot.channels.protocols import PROTOCOLS
from entrepot.channels.registry import connectors
from entrepot.erp.contract import PROTOCOLS as ERP_PROTOCOLS
from entrepot.erp.registry import erps
from entrepot.fulfilment.contract import CARRIER_PROTOCOLS
from entrepot.fulfilment.registry import carriers
from entrepot.kit.text import N_
from entrepot.operations.errors import ConnectorNotFoundError

KINDS = {"channel": N_("Channel"), "carrier": N_("Carrier"), "erp": N_("ERP")}
GROUPS = {"channel": "entrepot.connectors", "carrier": "entrepot.carriers", "erp": "entrepot.erps"}


VERDICTS = {"channel": "conformance.json", "carrier": "carrier_conformance.json"}
"""What the conformance suite of a kind writes into a connector's package; a package may hold connectors of both."""


class Conformance(msgspec.Struct, frozen=True, kw_only=True):
    """How the conformance suite went, as shipped with the connector."""

    connector: str
    entrepot: str
    day: str
    passed: int = 0
    skipped: int = 0
    failed: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Passport:
    """All that is known about an installed connector."""

    kind: str
    key: str
    name: str
    website: str
    distribution: str
    """The Python distribution it came with, and its version."""
    declared: tuple[str, ...]
    proven: tuple[str, ...] | None
    """None: the code does not say what it makes."""
    limits: tuple[str, ...]
    quirks: tuple[str, ...]
    conformance: Conformance | None

    @property
    def honest(self) -> bool:
        """It says exactly what its code can do."""
        return self.proven == self.declared


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCheck:
    """When talking to the channel last worked or failed, over all accounts of the scope."""

    account: AccountRef
    at: datetime | None


def passports() -> list[Passport]:
    """Return the passport of every installed connector, channels first."""
    kinds: dict[str, tuple[Mapping[str, Any], Mapping[Any, type]]] = {
        "channel": (connectors(), PROTOCOLS),
        "carrier": (carriers(), CARRIER_PROTOCOLS),
        "erp": (erps(), ERP_PROTOCOLS),
    }
    return [
        _passport(kind, spec, protocols)
        for kind, (specs, protocols) in kinds.items()
        for spec in sorted(specs.values(), key=lambda spec: str(spec.name).lower())
    ]


def passport(kind: str, key: str) -> Passport:
    """Return one passport.

    Raises:
        ConnectorNotFoundError: it is not installed.
    """
    found = next((known for known in passports() if (known.kind, known.key) == (kind, key)), None)
    if found is None:
        raise ConnectorNotFoundError(key=key)
    return found


def last_live_checks(accounts: list[AccountRef], key: str) -> list[LiveCheck]:
    """Return for each account of a channel when the channel last answered it, well or badly."""
    checks: list[LiveCheck] = []
    for account in accounts:
        if account.channel == key:
            moments = [at for at in (account.last_success_at, account.last_error_at) if at is not None]
            checks.append(LiveCheck(account=account, at=max(moments, default=None)))
    return checks


def _passport(kind: str, spec: Any, protocols: Mapping[Any, type]) -> Passport:  # noqa: ANN401 -- a spec of any kind
    capabilities: frozenset[StrEnum] = spec.capabilities
    proven = provided_by(spec.connect, protocols)
    return Passport(
        kind=kind,
        key=spec.key,
        name=spec.name,
        website=spec.website,
        distribution=_distribution(GROUPS[kind], spec.key),
        declared=tuple(sorted(capabilities)),
        proven=None if proven is None else tuple(sorted(proven)),
        limits=tuple(getattr(spec, "limits", ())),
        quirks=tuple(getattr(spec, "quirks", ())),
        conformance=_conformance(
            spec.credentials.__module__.rpartition(".")[0] or spec.credentials.__module__, VERDICTS[kind]
        )
        if kind in VERDICTS
        else None,
    )


def _distribution(group: str, key: str) -> str:
    point = next(iter(entry_points(group=group, name=key)), None)
    return f"{point.dist.name} {point.dist.version}" if point is not None and point.dist is not None else ""


def _conformance(package: str, file: str) -> Conformance | None:
    try:
        written = files(package).joinpath(file).read_bytes()
    except (FileNotFoundError, ModuleNotFoundError, TypeError):
        return None
    try:
        return msgspec.json.decode(written, type=Conformance)
    except msgspec.DecodeError:
        return None
