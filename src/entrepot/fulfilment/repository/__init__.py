"""Every SQL statement of the floor that services use."""

from entrepot.fulfilment.repository.carrier_settings import SettingsRepository
from entrepot.fulfilment.repository.carriers import CarrierRepository
from entrepot.fulfilment.repository.delivery_choices import ChoiceRepository, DeliveryWish
from entrepot.fulfilment.repository.lists import ListRepository
from entrepot.fulfilment.repository.mappings import MappingRepository
from entrepot.fulfilment.repository.parcels import ParcelRepository
from entrepot.fulfilment.repository.pushes import PushRepository

__all__ = [
    "CarrierRepository",
    "ChoiceRepository",
    "DeliveryWish",
    "ListRepository",
    "MappingRepository",
    "ParcelRepository",
    "PushRepository",
    "SettingsRepository",
]
