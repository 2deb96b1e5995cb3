"""Pages of access: the door, one's own account, and what those who run the hub manage."""

from entrepot.access.navigation import NavItem
from entrepot.access.pages import account, audit, badge_door, badges, door, keys, roles, sellers, users
from entrepot.access.rights import Right
from entrepot.kit.text import N_

ROUTES = [
    *door.ROUTES,
    *badge_door.ROUTES,
    *badges.ROUTES,
    *account.ROUTES,
    *users.ROUTES,
    *roles.ROUTES,
    *sellers.ROUTES,
    *keys.ROUTES,
    *audit.ROUTES,
]
NAV = [
    NavItem(section="run", label=N_("Users"), url="/users", icon="users", right=Right.USERS_MANAGE, order=60),
    NavItem(section="run", label=N_("Badges"), url="/badges", icon="id-badge-2", right=Right.BADGES_MANAGE, order=60),
    NavItem(section="run", label=N_("Roles"), url="/roles", icon="shield-lock", right=Right.USERS_MANAGE, order=61),
    NavItem(
        section="run", label=N_("Sellers"), url="/sellers", icon="building-store", right=Right.SELLERS_MANAGE, order=62
    ),
    NavItem(section="run", label=N_("API keys"), url="/api-keys", icon="key", right=Right.API_KEYS_MANAGE, order=63),
    NavItem(section="run", label=N_("Audit log"), url="/audit", icon="history", right=Right.AUDIT_READ, order=64),
]
