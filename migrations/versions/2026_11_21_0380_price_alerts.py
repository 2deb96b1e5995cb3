"""Price watch: alerts; notifications, and the ways in which users get them.

Revision ID: 2026_11_21_0380
Revises: 2026_11_21_0370
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0380"
down_revision = "2026_11_21_0370"

KINDS = "('target', 'percent', 'amount', 'any', 'back_in_stock', 'out_of_stock', 'lowest', 'failing')"

# A notification names what it is about and knows no table of it, yet nothing of a removed product may stay.
FORGET = """
CREATE FUNCTION forget_notifications_of_watched_product() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM notification WHERE subject_id = OLD.id;
    RETURN NULL;
END $$
"""


def _json(*, nullable: bool, name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=nullable)


def _moment(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def upgrade() -> None:
    op.create_table(
        "notification_way",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        _moment("created_at", now=True),
        _moment("sent_at", nullable=True),
        _moment("tested_at", nullable=True),
        _json(name="problem", nullable=True),
        sa.CheckConstraint("(kind = 'mail') = (sealed IS NULL)", name=op.f("ck_notification_way_service_has_address")),
        sa.CheckConstraint("kind IN ('mail', 'service')", name=op.f("ck_notification_way_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_way")),
    )
    op.create_index("ix_notification_way_user_id", "notification_way", ["user_id", "id"], unique=False)
    op.create_index(
        "uq_notification_way_mail",
        "notification_way",
        ["seller_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'mail'"),
    )
    isolate("notification_way")

    op.create_table(
        "notification_setting",
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), server_default="immediate", nullable=False),
        sa.Column("daily_at", sa.Time(), server_default=sa.text("'08:00'"), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_to", sa.Time(), nullable=True),
        sa.Column("time_zone", sa.Text(), server_default="Europe/Amsterdam", nullable=False),
        sa.CheckConstraint(
            "digest IN ('immediate', 'hourly', 'daily')", name=op.f("ck_notification_setting_digest_known")
        ),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_to IS NULL)", name=op.f("ck_notification_setting_quiet_whole")
        ),
        sa.PrimaryKeyConstraint("seller_id", "user_id", name=op.f("pk_notification_setting")),
    )
    isolate("notification_setting")

    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _json(name="facts", nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("outside_url", sa.Text(), server_default="", nullable=False),
        _json(name="curve", nullable=True),
        _moment("created_at", now=True),
        _moment("read_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_notification_user_id_key")),
    )
    op.create_index("ix_notification_user_id", "notification", ["user_id", sa.text("id DESC")], unique=False)
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index("ix_notification_subject_id", "notification", ["subject_id"], unique=False)
    isolate("notification")

    op.create_table(
        "notification_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("way_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        _moment("due_at"),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _moment("claimed_at", nullable=True),
        sa.Column("repeated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _moment("sent_at", nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed')", name=op.f("ck_notification_delivery_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_notification_delivery_notification_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["way_id"], ["notification_way.id"], name=op.f("fk_notification_delivery_way_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_delivery")),
        sa.UniqueConstraint("notification_id", "way_id", name=op.f("uq_notification_delivery_notification_id_way_id")),
    )
    op.create_index("ix_notification_delivery_way_id", "notification_delivery", ["way_id"], unique=False)
    op.create_index(
        "ix_notification_delivery_open",
        "notification_delivery",
        ["user_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'sending')"),
    )
    isolate("notification_delivery")
    op.execute(FORGET)
    op.execute(
        "CREATE TRIGGER forget_notifications AFTER DELETE ON watched_product"
        " FOR EACH ROW EXECUTE FUNCTION forget_notifications_of_watched_product()"
    )
    _alerts()


def _alerts() -> None:
    op.create_table(
        "price_alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("watched_product_id", sa.Uuid(), nullable=True),
        sa.Column("listing_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), server_default="down", nullable=False),
        sa.Column("basis", sa.Text(), server_default="best", nullable=False),
        sa.Column("threshold", sa.Numeric(18, 4), server_default=sa.text("0"), nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("days", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("again", sa.Numeric(18, 4), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        _moment("fired_at", nullable=True),
        sa.Column("fired_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _moment("created_at", now=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(watched_product_id, listing_id, group_id) <= 1", name=op.f("ck_price_alert_one_scope")
        ),
        sa.CheckConstraint(f"kind IN {KINDS}", name=op.f("ck_price_alert_kind_known")),
        sa.CheckConstraint("direction IN ('down', 'up', 'either')", name=op.f("ck_price_alert_direction_known")),
        sa.CheckConstraint("basis IN ('best', 'each')", name=op.f("ck_price_alert_basis_known")),
        sa.CheckConstraint(
            "kind NOT IN ('target', 'percent', 'amount') OR threshold > 0",
            name=op.f("ck_price_alert_threshold_positive"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('target', 'amount') OR currency ~ '^[A-Z]{3}$'", name=op.f("ck_price_alert_currency_code")
        ),
        sa.CheckConstraint("kind <> 'lowest' OR days > 0", name=op.f("ck_price_alert_days_positive")),
        sa.ForeignKeyConstraint(
            ["seller_id", "watched_product_id"],
            ["watched_product.seller_id", "watched_product.id"],
            name="fk_price_alert_watched_product",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["seller_id", "listing_id"],
            ["price_listing.seller_id", "price_listing.id"],
            name="fk_price_alert_listing",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["seller_id", "group_id"],
            ["watch_group.seller_id", "watch_group.id"],
            name="fk_price_alert_group",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_alert")),
    )
    op.create_index(
        "ix_price_alert_seller_id", "price_alert", ["seller_id"], unique=False, postgresql_where=sa.text("enabled")
    )
    op.create_index("ix_price_alert_user_id", "price_alert", ["user_id", "id"], unique=False)
    op.create_index("ix_price_alert_watched_product_id", "price_alert", ["watched_product_id"], unique=False)
    op.create_index("ix_price_alert_listing_id", "price_alert", ["listing_id"], unique=False)
    op.create_index("ix_price_alert_group_id", "price_alert", ["group_id"], unique=False)
    isolate("price_alert")

    op.create_table(
        "price_alert_state",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("watched_product_id", sa.Uuid(), nullable=False),
        _json(name="state", nullable=False),
        _moment("updated_at", now=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["price_alert.id"], name=op.f("fk_price_alert_state_alert_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["seller_id", "watched_product_id"],
            ["watched_product.seller_id", "watched_product.id"],
            name="fk_price_alert_state_watched_product",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("alert_id", "subject_id", name=op.f("pk_price_alert_state")),
    )
    op.create_index(
        "ix_price_alert_state_watched_product_id", "price_alert_state", ["watched_product_id"], unique=False
    )
    isolate("price_alert_state")

    op.create_table(
        "price_standing",
        sa.Column("watched_product_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("price", sa.Numeric(18, 4), nullable=True),
        sa.Column("low", sa.Numeric(18, 4), nullable=False),
        sa.Column("high", sa.Numeric(18, 4), nullable=False),
        sa.Column("average", sa.Numeric(18, 4), nullable=False),
        sa.Column("percentile", sa.Integer(), nullable=True),
        sa.Column("trend", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        _moment("computed_at"),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_price_standing_score_percent")),
        sa.ForeignKeyConstraint(
            ["seller_id", "watched_product_id"],
            ["watched_product.seller_id", "watched_product.id"],
            name="fk_price_standing_watched_product",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("watched_product_id", name=op.f("pk_price_standing")),
    )
    op.create_index(
        "ix_price_standing_score",
        "price_standing",
        ["seller_id", sa.text("score DESC")],
        unique=False,
        postgresql_where=sa.text("score IS NOT NULL"),
    )
    op.create_index("ix_price_standing_computed_at", "price_standing", ["computed_at"], unique=False)
    isolate("price_standing")


def downgrade() -> None:
    op.execute("DROP TRIGGER forget_notifications ON watched_product")
    op.execute("DROP FUNCTION forget_notifications_of_watched_product()")
    for table in (
        "price_standing",
        "price_alert_state",
        "price_alert",
        "notification_delivery",
        "notification",
        "notification_setting",
        "notification_way",
    ):
        op.drop_table(table)
