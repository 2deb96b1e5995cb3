"""Tables of delivery.  Only the floor reads or writes them."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, Time, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.fulfilment.delivery.pictures import ProofKind
from entrepot.fulfilment.delivery.routing import FailReason, RouteStatus, StopStatus
from entrepot.fulfilment.models.constraints import one_of
from entrepot.kit.database import Base
from entrepot.kit.sql import text


class Vehicle(Base):
    """What our own drivers drive."""

    __tablename__ = "vehicle"
    __table_args__ = (UniqueConstraint("seller_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    name: Mapped[str]
    plate: Mapped[str] = mapped_column(server_default="")
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class DeliveryArea(Base):
    """Where one driver mostly drives."""

    __tablename__ = "delivery_area"
    __table_args__ = (UniqueConstraint("seller_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    name: Mapped[str]
    country: Mapped[str] = mapped_column(server_default="")
    postcodes: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    driver_id: Mapped[str] = mapped_column(server_default="")
    driver_name: Mapped[str] = mapped_column(server_default="")
    vehicle_id: Mapped[UUID | None] = mapped_column(ForeignKey("vehicle.id"))


class DeliveryRoute(Base):
    """What one driver drives on one day."""

    __tablename__ = "delivery_route"
    __table_args__ = (
        UniqueConstraint("seller_id", "number"),
        CheckConstraint(one_of("status", RouteStatus), name="status_known"),
        CheckConstraint("status NOT IN ('under_way', 'finished') OR started_at IS NOT NULL", name="started"),
        CheckConstraint("(status = 'finished') = (finished_at IS NOT NULL)", name="finished"),
        Index("ix_delivery_route_day", "seller_id", "day", "id"),
        Index("ix_delivery_route_driver", "driver_id", "day", postgresql_where=text("status <> 'cancelled'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    number: Mapped[str]
    day: Mapped[date]
    driver_id: Mapped[str]
    driver_name: Mapped[str]
    vehicle_id: Mapped[UUID | None] = mapped_column(ForeignKey("vehicle.id"))
    vehicle_name: Mapped[str] = mapped_column(server_default="")
    area: Mapped[str] = mapped_column(server_default="")
    status: Mapped[str] = mapped_column(server_default="planned")
    note: Mapped[str] = mapped_column(server_default="")
    made_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class DeliveryStop(Base):
    """One order on a route, and what became of it there."""

    __tablename__ = "delivery_stop"
    __table_args__ = (
        CheckConstraint(one_of("status", StopStatus), name="status_known"),
        CheckConstraint(
            "(status = 'failed') = (reason <> '') AND " + f"(reason = '' OR {one_of('reason', FailReason)})",
            name="failed_for_a_reason",
        ),
        CheckConstraint("(status = 'delivered') = (received_by <> '')", name="delivered_to_somebody"),
        CheckConstraint("(status = 'planned') = (at IS NULL)", name="settled_at_a_moment"),
        Index("uq_delivery_stop_open", "order_id", unique=True, postgresql_where=text("status = 'planned'")),
        Index("ix_delivery_stop_order_id", "order_id"),
        Index("ix_delivery_stop_route_id", "route_id", "position"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    route_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_route.id"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.id"))
    position: Mapped[int]
    status: Mapped[str] = mapped_column(server_default="planned")
    reason: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    received_by: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime | None]
    by_name: Mapped[str] = mapped_column(server_default="")


class RouteParcel(Base):
    """A parcel that was scanned into the vehicle."""

    __tablename__ = "route_parcel"
    __table_args__ = (PrimaryKeyConstraint("route_id", "parcel_id"),)

    route_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_route.id"))
    parcel_id: Mapped[UUID] = mapped_column(ForeignKey("parcel.id"))
    seller_id: Mapped[UUID]
    loaded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    loaded_by: Mapped[str]


class DeliveryAct(Base):
    """Something that a phone reported.  Its client id makes a repeat harmless."""

    __tablename__ = "delivery_act"
    __table_args__ = (PrimaryKeyConstraint("seller_id", "client_id"),)

    seller_id: Mapped[UUID]
    client_id: Mapped[str]
    what: Mapped[str]
    subject_id: Mapped[UUID]
    actor_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class DeliveryProof(Base):
    """A picture, signature or slip that shows that an order arrived, or why not."""

    __tablename__ = "delivery_proof"
    __table_args__ = (
        CheckConstraint(one_of("kind", ProofKind), name="kind_known"),
        Index("ix_delivery_proof_order_id", "order_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.id"))
    stop_id: Mapped[UUID | None] = mapped_column(ForeignKey("delivery_stop.id"))
    kind: Mapped[str]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(server_default="")
    """Of whoever signed."""
    added_by: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CarrierChange(Base):
    """Somebody gave a packed parcel to another carrier.  Never changed, never removed."""

    __tablename__ = "carrier_change"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="for_a_reason"),
        Index("ix_carrier_change_order_id", "order_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.id"))
    parcel_id: Mapped[UUID] = mapped_column(ForeignKey("parcel.id"))
    parcel_number: Mapped[str]
    from_carrier: Mapped[str]
    from_service: Mapped[str]
    from_tracking: Mapped[str]
    to_carrier: Mapped[str]
    to_service: Mapped[str]
    reason: Mapped[str]
    actor_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class CutOffTime(Base):
    """Until when parcels must be ready on one day of the week."""

    __tablename__ = "cut_off_time"
    __table_args__ = (
        UniqueConstraint(
            "seller_id",
            "warehouse_id",
            "carrier_account_id",
            "service",
            "weekday",
            name="uq_cut_off_time_one",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_known"),
        CheckConstraint("service = '' OR carrier_account_id IS NOT NULL", name="service_of_a_carrier"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    warehouse_id: Mapped[UUID | None]
    carrier_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("carrier_account.id"))
    service: Mapped[str] = mapped_column(server_default="")
    weekday: Mapped[int]
    at: Mapped[time] = mapped_column(Time())


class SiteHoliday(Base):
    """A day on which nothing is collected."""

    __tablename__ = "site_holiday"
    __table_args__ = (UniqueConstraint("seller_id", "warehouse_id", "day", postgresql_nulls_not_distinct=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    warehouse_id: Mapped[UUID | None]
    day: Mapped[date]
    name: Mapped[str] = mapped_column(server_default="")


class CounterSetting(Base):
    """After how many days somebody is reminded of what nobody collected."""

    __tablename__ = "counter_setting"
    __table_args__ = (CheckConstraint("remind_days BETWEEN 1 AND 90", name="days_sane"),)

    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"), primary_key=True)
    remind_days: Mapped[int]
