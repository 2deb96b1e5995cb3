"""Invoices of outside systems: what was imported, gaps, mappings.

Revision ID: 2026_11_21_0280
Revises: 2026_11_21_0270
"""

revision = "2026_11_21_0280"
down_revision = "2026_11_21_0270"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
