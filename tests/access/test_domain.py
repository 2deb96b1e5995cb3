"""Laws of rights, passwords and waiting."""

from datetime import timedelta
from uuid import UUID

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.access.credentials import readable_password
from entrepot.access.domain import (
    BUILT_IN,
    PAIR,
    Grant,
    email_problem,
    password_problem,
    rights_of,
    rights_over,
    slug_of,
)
from entrepot.access.passwords import hash_password, verify_password
from entrepot.access.rights import INSTANCE, LABELS, Right
from entrepot.kit.clock import now

SELLERS = [UUID(int=number) for number in range(3)]
rights = st.frozensets(st.sampled_from(list(Right)))
grants = st.lists(st.builds(Grant, st.sampled_from([None, *SELLERS]), rights), max_size=4)


@given(grants)
def test_all_sellers_at_once_give_no_more_than_each(given: list[Grant]) -> None:
    everywhere = any(grant.seller_id is None for grant in given)
    mine = SELLERS if everywhere else sorted({grant.seller_id for grant in given if grant.seller_id})
    together = rights_over(given, mine, None)
    assert all(together <= rights_over(given, mine, seller) for seller in mine)


@given(grants, st.sampled_from(SELLERS))
def test_rights_over_the_instance_come_from_the_instance(given: list[Grant], seller: UUID) -> None:
    whole = frozenset[Right]().union(*(grant.rights for grant in given if grant.seller_id is None))
    assert rights_over(given, SELLERS, seller) & INSTANCE == whole & INSTANCE


@given(grants, st.sampled_from(SELLERS))
def test_another_sellers_grant_gives_nothing_here(given: list[Grant], seller: UUID) -> None:
    relevant = [grant for grant in given if grant.seller_id in {None, seller}]
    assert rights_over(given, SELLERS, seller) == rights_over(relevant, SELLERS, seller)


def test_nobody_has_no_rights() -> None:
    assert rights_over([], [], None) == frozenset()
    assert rights_of(["no.such.right"]) == frozenset()


def test_every_right_has_a_label_and_owners_have_all() -> None:
    assert set(LABELS) == set(Right)
    assert BUILT_IN["owner"][1] == frozenset(Right)
    assert all(not rights & INSTANCE for key, (_, rights) in BUILT_IN.items() if key not in {"owner", "developer"})


@given(st.integers(0, 10_000))
def test_waiting_never_shrinks_and_has_an_end(failures: int) -> None:
    assert PAIR.wait(failures) <= PAIR.wait(failures + 1) <= PAIR.most
    assert PAIR.left(failures, now() - PAIR.most, now()) == timedelta()


@pytest.mark.parametrize("weak", ["", "short", "aaaaaaaaaaaa", "Password123", "wachtwoord1", "ann.smit.12", "x" * 201])
def test_weak_passwords_are_told_why(weak: str) -> None:
    assert password_problem(weak, about=("Ann Smit", "ann.smit@example.org"))


@pytest.mark.parametrize(
    "good",
    [
        "correct horse battery",
        "a calm green harbour",
        "Zomer in Zwolle 1987",
        pytest.param(readable_password(), id="generated"),
    ],
)
def test_good_passwords_pass(good: str) -> None:
    assert password_problem(good, about=("Ann Smit", "ann.smit@example.org")) == ""


@given(st.text(max_size=300))
def test_any_text_can_be_judged(text: str) -> None:
    assert isinstance(password_problem(text, about=(text,)), str)
    assert isinstance(email_problem(text), str)
    assert slug_of(text)


@pytest.mark.parametrize("email", ["", "a", "a@b@c", "a b@c.d", "a@b\r\nBcc: x@y.z", "<a@b.c>", "a@" + "b" * 260])
def test_what_is_no_address_is_refused(email: str) -> None:
    assert email_problem(email)


@pytest.mark.anyio
async def test_passwords_of_older_systems_are_understood_and_replaced() -> None:
    django = "pbkdf2_sha256$1000$saltysalt$" + __import__("base64").b64encode(
        __import__("hashlib").pbkdf2_hmac("sha256", b"correct horse", b"saltysalt", 1000)
    ).decode()  # fmt: skip
    older = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode()
    for stored in (django, older):
        fits, newer = await verify_password("correct horse", stored)
        assert fits
        assert newer is not None
        assert newer.startswith("$argon2id$")
        assert await verify_password("wrong horse", stored) == (False, None)
    fresh = await hash_password("correct horse")
    assert await verify_password("correct horse", fresh) == (True, None)
    assert await verify_password("x" * 100, older) == (False, None)
    assert await verify_password("x", "not a hash") == (False, None)
    assert await verify_password("the password of nobody", None) == (False, None)
    assert await verify_password("x" * 1000, fresh) == (False, None)
