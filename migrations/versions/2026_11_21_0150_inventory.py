"""Warehouses, locations, stock, ledger, reservations.

Revision ID: 2026_11_21_0150
Revises: 2026_11_21_0140
"""

revision = "2026_11_21_0150"
down_revision = "2026_11_21_0140"


def upgrade() -> None:
    """Not yet."""


def downgrade() -> None:
    """Not yet."""
