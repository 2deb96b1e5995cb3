"""Tables of the floor.  Only this slice reads or writes them."""

from entrepot.fulfilment.models.carrier_settings import CarrierSettings
from entrepot.fulfilment.models.delivery_choice import DeliveryChoice
from entrepot.fulfilment.models.lists import FloorNumber, PickLine, PickList, PickListOrder, PickScan
from entrepot.fulfilment.models.parcels import (
    CarrierAccount,
    CarrierMapping,
    ChannelCarriers,
    ChannelPush,
    LabelAttempt,
    Parcel,
    ParcelLine,
    PushTurn,
    SenderAddress,
    Shipment,
    TrackingScan,
)

__all__ = [
    "CarrierAccount",
    "CarrierMapping",
    "CarrierSettings",
    "ChannelCarriers",
    "ChannelPush",
    "DeliveryChoice",
    "FloorNumber",
    "LabelAttempt",
    "Parcel",
    "ParcelLine",
    "PickLine",
    "PickList",
    "PickListOrder",
    "PickScan",
    "PushTurn",
    "SenderAddress",
    "Shipment",
    "TrackingScan",
]
