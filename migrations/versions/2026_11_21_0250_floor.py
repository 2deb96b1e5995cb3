"""The way of an order on the floor, and picking.

Revision ID: 2026_11_21_0250
Revises: 2026_11_21_0240
"""

revision = "2026_11_21_0250"
down_revision = "2026_11_21_0240"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
