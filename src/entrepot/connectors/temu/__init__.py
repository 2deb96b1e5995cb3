"""Temu, for local and semi-managed sellers: the partner gateway, signed requests, signed and encrypted notices.

https://partner.temu.com/documentation (read November 2026, as collected in public repositories).
"""

from entrepot.channels.contract import Capability
from entrepot.channels.spec import ConnectorSpec
from entrepot.connectors.temu.connector import Temu
from entrepot.connectors.temu.credentials import TemuCredentials

SPEC = ConnectorSpec(
    key="temu",
    name="Temu",
    website="https://www.temu.com",
    help_url="https://partner.temu.com",
    capabilities=frozenset(
        {
            Capability.IMPORT_ORDERS,
            Capability.CONFIRM_SHIPMENTS,
            Capability.LIST_CARRIERS,
            Capability.READ_OFFERS,
            Capability.PUBLISH_STOCK,
            Capability.RECEIVE_NOTICES,
        }
    ),
    credentials=TemuCredentials,
    connect=Temu,
    prefix="TEMU-",
)
