"""Use cases of access.  Each runs inside the caller's transaction and never commits.

Whatever concerns people, roles and sessions needs a transaction that sees all sellers (``Scope.all_sellers()``); who
may do it to whom is decided here, from the principal.
"""

from entrepot.access.repository import remove_expired
from entrepot.access.service.authentication import Authenticated, AuthenticationService
from entrepot.access.service.keys import KeyService, NewSecret
from entrepot.access.service.people import NewUser, PeopleService, link_owner, renew_invitation, use_password_link
from entrepot.access.service.roles import RoleService
from entrepot.access.service.sellers import SellerService
from entrepot.access.service.setup import check_setup_code, create_seller, create_user, set_up, setup_code, setup_needed
from entrepot.access.service.sign_in import NewSession, SignInService

__all__ = [
    "Authenticated",
    "AuthenticationService",
    "KeyService",
    "NewSecret",
    "NewSession",
    "NewUser",
    "PeopleService",
    "RoleService",
    "SellerService",
    "SignInService",
    "check_setup_code",
    "create_seller",
    "create_user",
    "link_owner",
    "remove_expired",
    "renew_invitation",
    "set_up",
    "setup_code",
    "setup_needed",
    "use_password_link",
]
