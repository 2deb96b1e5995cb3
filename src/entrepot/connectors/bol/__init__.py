"""bol.com, the marketplace of the Netherlands and Belgium: Retailer API v10, and Offers API v11.

https://api.bol.com/retailer/public/Retailer-API/ (specification of 2026-04-20; offers of 2026-01-19, version 11.5).
"""

from entrepot.channels.contract import Capability
from entrepot.channels.spec import ConnectorSpec
from entrepot.connectors.bol.connector import Bol
from entrepot.connectors.bol.credentials import BolCredentials
from entrepot.connectors.bol.labels import RECOMMENDED, BolLabels
from entrepot.fulfilment.contract import CarrierCapability, CarrierService, CarrierSpec
from entrepot.kit.text import N_

SPEC = ConnectorSpec(
    key="bol",
    name="bol",
    website="https://www.bol.com",
    help_url="https://partner.bol.com/sdd/preferences/services/api",
    capabilities=frozenset(
        {
            Capability.IMPORT_ORDERS,
            Capability.CONFIRM_SHIPMENTS,
            Capability.LIST_CARRIERS,
            Capability.CANCEL_LINES,
            Capability.READ_OFFERS,
            Capability.PUBLISH_STOCK,
            Capability.MANAGE_OFFERS,
            Capability.EXPORT_OFFERS,
            Capability.READ_HELD_STOCK,
            Capability.READ_RETURNS,
            Capability.HANDLE_RETURNS,
            Capability.READ_MARKET,
            Capability.RECEIVE_NOTICES,
        }
    ),
    credentials=BolCredentials,
    connect=Bol,
    prefix="BOL-",
    limits=(
        N_(
            "Each kind of request has a limit of its own; bol says in its answers how much is left, and all processes share it."
        ),
        N_("Orders are listed up to 89 days back."),
        N_("An offer page holds at most 100 offers."),
        N_("An access token lives five minutes."),
    ),
    quirks=(
        N_(
            "Shipments and cancellations are carried out later: what was accepted can still fail, so it is followed to its end."
        ),
        N_("Amounts name no currency; they are in euro and include VAT."),
        N_("Lines that bol ships itself (FBB) are imported, and never picked here."),
        N_("An empty list is often left out of an answer instead of being empty."),
    ),
)

LABELS = CarrierSpec(
    key="bol",
    code="bol",
    name="bol shipping label",
    website="https://www.bol.com",
    help_url="https://partner.bol.com/sdd/preferences/services/api",
    capabilities=frozenset({CarrierCapability.ORDERED_LABELS}),
    services=(
        CarrierService(RECOMMENDED, N_("What bol recommends")),
        CarrierService("PARCEL", N_("Parcel")),
        CarrierService("MAILBOX", N_("Letterbox parcel")),
        CarrierService("MAILBOX_LIGHT", N_("Light letterbox parcel")),
    ),
    credentials=BolCredentials,
    connect=BolLabels,
    heaviest_g=15_000,
    channel="bol",
)
