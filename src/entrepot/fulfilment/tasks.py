"""What the jobs of the floor are told.  Apart from the jobs, so that services can enqueue them."""

from uuid import UUID

import msgspec


class PushShipments(msgspec.Struct, frozen=True):
    """Tell one channel account about what left."""

    seller_id: UUID
    account_id: UUID


class TrackParcels(msgspec.Struct, frozen=True):
    """Ask one carrier account where its parcels are."""

    seller_id: UUID
    account_id: UUID


class CloseDay(msgspec.Struct, frozen=True):
    """Hand one carrier account what left."""

    seller_id: UUID
    account_id: UUID


class LetGroupGo(msgspec.Struct, frozen=True):
    """Let a group of orders go on whose time is up."""

    seller_id: UUID
    group_id: UUID


class RemindOfUncollected(msgspec.Struct, frozen=True):
    """Tell of what nobody collects at the counter."""
