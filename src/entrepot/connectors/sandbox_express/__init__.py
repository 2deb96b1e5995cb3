"""Sandbox Express, the simulated carrier of the sandbox: labels as PDF and ZPL, cancelling, tracking."""

from entrepot.connectors.sandbox_express.connector import SandboxExpress
from entrepot.connectors.sandbox_express.credentials import SandboxExpressCredentials
from entrepot.fulfilment.contract import CarrierCapability, CarrierService, CarrierSpec
from entrepot.kit.text import N_

SPEC = CarrierSpec(
    key="sandbox_express",
    code="other",
    name="Sandbox Express",
    website="https://entrepot.dev",
    help_url="https://entrepot.dev/docs/carriers/sandbox-express",
    capabilities=frozenset(
        {
            CarrierCapability.LABELS,
            CarrierCapability.CANCEL_LABELS,
            CarrierCapability.TRACKING,
            CarrierCapability.SERVICE_POINTS,
        }
    ),
    services=(CarrierService("standard", N_("Parcel")),),
    credentials=SandboxExpressCredentials,
    connect=SandboxExpress,
)
