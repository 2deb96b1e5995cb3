"""Price watch: what others ask on a channel, over time.

Revision ID: 2026_11_21_0390
Revises: 2026_11_21_0380
"""

revision = "2026_11_21_0390"
down_revision = "2026_11_21_0380"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
