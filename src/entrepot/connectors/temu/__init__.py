"""Temu, for local and semi-managed sellers: the partner gateway, signed requests, signed and encrypted notices.

https://partner.temu.com/documentation (read November 2026, as collected in public repositories).
"""

from entrepot.channels.contract import Capability
from entrepot.channels.spec import ConnectorSpec
from entrepot.connectors.temu.connector import Temu
from entrepot.connectors.temu.credentials import TemuCredentials
from entrepot.kit.text import N_

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
    limits=(
        N_("20 requests a second per app, shared by all accounts of the app and by all processes."),
        N_("A notice must be answered within half a second; it is only written down at once, and read later."),
        N_("The access token ends on a fixed day; a warning comes two weeks before."),
    ),
    quirks=(
        N_("Every answer has the status 200; whether it worked stands inside."),
        N_("Buyers' addresses come encrypted, and only for accounts that may see them."),
        N_("Account and app belong to one region: another region's host refuses them."),
    ),
)
