"""Offers: published prices, price lists, schedules.

Revision ID: 2026_11_21_0400
Revises: 2026_11_21_0390
"""

revision = "2026_11_21_0400"
down_revision = "2026_11_21_0390"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
