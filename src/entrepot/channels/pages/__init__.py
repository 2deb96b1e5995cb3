"""The channels for people: accounts, connecting one, and what was received and needs attention."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.channels.notices.http import DoorController, receive
from entrepot.channels.pages.accounts import AccountController
from entrepot.channels.pages.inbox import InboxController
from entrepot.kit.text import N_

ROUTES = [InboxController, AccountController, DoorController, receive]
NAV = [
    NavItem(section="sell", label=N_("Channels"), url="/channels", icon="plug", right=Right.CHANNELS_READ, order=70),
    NavItem(
        section="sell",
        label=N_("Needs attention"),
        url="/channels/inbox",
        icon="inbox",
        right=Right.CHANNELS_READ,
        order=71,
    ),
]
