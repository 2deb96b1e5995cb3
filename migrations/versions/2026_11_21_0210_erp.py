"""ERP accounts, joins, stock and hand-overs.

Revision ID: 2026_11_21_0210
Revises: 2026_11_21_0200
"""

revision = "2026_11_21_0210"
down_revision = "2026_11_21_0200"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
