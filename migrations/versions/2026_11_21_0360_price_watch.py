"""Price watch: stores, watched products, listings, observations.

Revision ID: 2026_11_21_0360
Revises: 2026_11_21_0350
"""

revision = "2026_11_21_0360"
down_revision = "2026_11_21_0350"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
