"""Pick lists, parcels, shipments, carriers, channel pushes.

Revision ID: 2026_11_21_0180
Revises: 2026_11_21_0170
"""

revision = "2026_11_21_0180"
down_revision = "2026_11_21_0170"


def upgrade() -> None:
    """Not yet."""


def downgrade() -> None:
    """Not yet."""
