"""Work in the warehouse: lots, put-away, replenishment, counts.

Revision ID: 2026_11_21_0260
Revises: 2026_11_21_0250
"""

revision = "2026_11_21_0260"
down_revision = "2026_11_21_0250"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
