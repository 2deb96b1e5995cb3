"""The first user, and what the command line adds."""

import hmac
import unicodedata
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import events
from entrepot.access.credentials import readable_password
from entrepot.access.errors import AlreadySetUpError, EmailTakenError, UnknownRoleError, WrongSetupCodeError
from entrepot.access.models import UserAccount
from entrepot.access.passwords import hash_password
from entrepot.access.principal import SellerRef
from entrepot.access.repository import PeopleRepository
from entrepot.access.service.people import add_user, check_password, check_person, membership_of
from entrepot.access.service.sellers import SellerService
from entrepot.kit import outbox
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.secretbox import SecretBox

CODE_LENGTH = 20


@dataclass(frozen=True, slots=True)
class CreatedUser:
    """A user, and the password to tell them."""

    user_id: UUID
    password: str = field(repr=False)


async def setup_needed(session: AsyncSession) -> bool:
    """Tell whether nobody can sign in yet.  The transaction must see all sellers."""
    return not await PeopleRepository(session).someone_exists()


def setup_code(box: SecretBox) -> str:
    """Return the code that the first-run page asks for.

    Only who can read the hub's keys, or what it prints, knows it.  It opens nothing once there is a user.
    """
    code = box.derive("first run")[:CODE_LENGTH]
    return "-".join(code[at : at + 5] for at in range(0, CODE_LENGTH, 5))


def check_setup_code(box: SecretBox, given: str) -> None:
    """Refuse a wrong code.

    Raises:
        WrongSetupCodeError: it is not :func:`setup_code`.
    """
    plain = unicodedata.normalize("NFKC", given).replace("-", "").replace(" ", "").strip().lower()
    if not hmac.compare_digest(plain.encode(), setup_code(box).replace("-", "").encode()):
        raise WrongSetupCodeError


async def set_up(
    session: AsyncSession,
    *,
    email: str,
    name: str,
    password: str,
    seller: str,
    currency: str,
    country: str,
    locale: str,
) -> tuple[UserAccount, SellerRef]:
    """Make the first user an owner, and the first seller.

    Raises:
        AlreadySetUpError: there is a user.
        InvalidInputError: something is missing, or the password is weak.
    """
    people = PeopleRepository(session)
    await people.lock_first_run()
    if await people.someone_exists():
        raise AlreadySetUpError
    email, name = email.strip(), " ".join(name.split())
    check_person(email=email, name=name, locale=locale)
    check_password(password, about=(name, email, seller))
    try:
        made = await SellerService(session).create(seller, currency=currency, country=country)
    except InvalidInputError as error:
        raise InvalidInputError(
            {"seller" if key == "name" else key: text for key, text in error.problems.items()}
        ) from error
    user = await _user_in_role(session, email, name, password, role="owner", seller_id=None, locale=locale)
    return user, made


async def create_user(
    session: AsyncSession,
    email: str,
    *,
    name: str = "",
    role: str = "owner",
    seller_id: UUID | None = None,
    password: str | None = None,
    locale: str = "en",
) -> CreatedUser:
    """Add a user with a password, generated unless given.  For the command line and the demo: they act as the instance.

    Args:
        session: sees all sellers.
        email: to sign in with.
        name: as others see it; empty: made from the address.
        role: key of a built-in role or name of another one.
        seller_id: whom they work for; None: the whole instance.
        password: generated if None.
        locale: the language they start in.

    Raises:
        EmailTakenError: there is a user with this address.
        UnknownRoleError: there is no such role.
        InvalidInputError: no e-mail address, or a weak password.
    """
    email = email.strip()
    name = " ".join(name.split()) or email.partition("@")[0].replace(".", " ").title()
    check_person(email=email, name=name, locale=locale)
    if password is None:
        password = readable_password()
    else:
        check_password(password, about=(name, email))
    user = await _user_in_role(session, email, name, password, role=role, seller_id=seller_id, locale=locale)
    return CreatedUser(user.id, password)


async def create_seller(session: AsyncSession, name: str, *, currency: str = "EUR", country: str = "NL") -> SellerRef:
    """Add a seller, as the instance."""
    return await SellerService(session).create(name, currency=currency, country=country)


async def _user_in_role(
    session: AsyncSession, email: str, name: str, password: str, *, role: str, seller_id: UUID | None, locale: str
) -> UserAccount:
    people = PeopleRepository(session)
    if await people.user_by_email(email) is not None:
        raise EmailTakenError(email=email)
    found = await people.role_by_key(role) or await people.role_by_name(role)
    if found is None:
        raise UnknownRoleError(role=role)
    hashed = await hash_password(password)
    user = await add_user(session, email=email, name=name, password_hash=hashed, locale=locale)
    await people.add(membership_of(user.id, seller_id, found))
    await outbox.record(session, events.UserCreated(seller_id=seller_id, subject_id=user.id, role=found.name))
    return user
