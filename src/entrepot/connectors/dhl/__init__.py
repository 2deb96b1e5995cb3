"""DHL Paket: parcels from Germany, by DHL's Parcel DE Shipping API v2 and its unified tracking."""

from entrepot.connectors.dhl.connector import Dhl
from entrepot.connectors.dhl.credentials import DhlCredentials
from entrepot.fulfilment.contract import CarrierCapability, CarrierService, CarrierSpec
from entrepot.kit.text import N_

SPEC = CarrierSpec(
    key="dhl",
    code="dhl",
    name="DHL Paket",
    website="https://www.dhl.de",
    help_url="https://developer.dhl.com/api-reference/parcel-de-shipping-post-parcel-germany-v2",
    capabilities=frozenset(
        {
            CarrierCapability.LABELS,
            CarrierCapability.FIND_LABELS,
            CarrierCapability.CANCEL_LABELS,
            CarrierCapability.TRACKING,
            CarrierCapability.MANIFESTS,
        }
    ),
    services=(
        CarrierService("V01PAK", N_("DHL Paket")),
        CarrierService("V62KP", N_("DHL Kleinpaket")),
        CarrierService("V53WPAK", N_("DHL Paket International")),
    ),
    credentials=DhlCredentials,
    connect=Dhl,
    limits=(
        N_("Tracking of a new app: 250 questions a day, one in five seconds. Ask DHL for more before a busy season."),
        N_("30 parcels per manifest request; more are sent in parts."),
    ),
    quirks=(
        N_(
            "DHL books a repeated reference twice and finds no parcel by its reference: when an answer was lost, a person looks in the portal."
        ),
        N_("A label can only be fetched again until its parcel is on a manifest."),
    ),
)
