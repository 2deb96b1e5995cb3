"""Printing: workstations, printers, jobs.

Revision ID: 2026_11_21_0320
Revises: 2026_11_21_0310
"""

revision = "2026_11_21_0320"
down_revision = "2026_11_21_0310"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
