"""Why a channel shows what it shows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.offers.causes import Cause, Situation, findings
from entrepot.offers.domain import Derivation, OfferState, Rules, Source, Stock, Units, publishable
from entrepot.offers.wording import CAUSES, sentence

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def why(available: int = 5, **more: object) -> Derivation:
    rules = Rules(**{name: value for name, value in more.items() if name in Rules.__struct_fields__})  # type: ignore[arg-type]  # fields by name
    stock = Stock(
        sku="MUG",
        own=Units(on_hand=available, available=available),
        **{name: value for name, value in more.items() if name in Stock.__struct_fields__},  # type: ignore[arg-type]  # fields by name
    )
    return publishable(stock, rules, mode="live")[1]


def situation(derivation: Derivation | None = None, **more: object) -> Situation:
    given_ = {
        "state": "in_step",
        "account": "My shop",
        "mode": "live",
        "rejected": False,
        "derivation": derivation or why(),
        "published": (derivation or why()).quantity,
        "channel_quantity": 0,
        "problem": "",
        "on_hold": False,
        "sending": False,
        "oldest": timedelta(hours=2),
    } | more
    return Situation(**given_)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("asked", "cause", "words"),
    [
        (situation(), Cause.IN_STEP, "told 5"),
        (situation(state="unmatched", derivation=None), Cause.UNMATCHED, "no product"),
        (situation(state="gone", gone_at=NOW), Cause.GONE, "gone from My shop"),
        (situation(mode="import_only"), Cause.IMPORT_ONLY, "goes live"),
        (situation(mode="paused"), Cause.PAUSED_ACCOUNT, "paused"),
        (situation(rejected=True), Cause.REJECTED, "credentials"),
        (situation(problem="EAN unknown."), Cause.REFUSED, "refused 5: EAN unknown."),
        (situation(on_hold=True), Cause.ON_HOLD, "on hold"),
        (situation(why(paused=True)), Cause.PAUSED, "told 0"),
        (situation(why(account_paused=True)), Cause.STOCK_PAUSED, "every offer"),
        (situation(why(active=False)), Cause.ARCHIVED, "MUG is archived"),
        (situation(why(0)), Cause.NO_STOCK, "0 on hand"),
        (situation(why(0, source=Source(kind="warehouse", name="North"))), Cause.NO_STOCK, "North"),
        (situation(why(5, buffer=3, buffer_from="account")), Cause.BUFFER, "3 of 5 free units"),
        (situation(why(5, maximum=2, maximum_from="offer")), Cause.MAXIMUM, "this offer"),
        (situation(why(0, known=False, source=Source(kind="erp", name="JTL", read_at=NOW))), Cause.ERP_UNKNOWN, "MUG"),
        (situation(why(source=Source(kind="erp", name="JTL", read_at=NOW - timedelta(hours=3)))), Cause.ERP_OLD, "120"),
        (situation(why(source=Source(kind="erp", name="JTL"))), Cause.ERP_OLD, "not been read"),
        (situation(published=3), Cause.WAITING, "next run"),
        (situation(published=3, next_at=NOW), Cause.WAITING, "planned for"),
        (situation(published=3, sending=True), Cause.SENDING, "right now"),
        (situation(published=None, drifted=(5, 9)), Cause.DRIFTED, "said 9"),
    ],
)
def test_the_weightiest_cause_is_named_first(asked: Situation, cause: Cause, words: str) -> None:
    first = findings(asked, NOW)[0]

    assert first.cause is cause
    assert words in sentence(first)


@given(
    state=st.sampled_from(sorted(OfferState)),
    mode=st.sampled_from(["live", "import_only", "paused"]),
    rejected=st.booleans(),
    available=st.integers(0, 9),
    buffer=st.integers(0, 9),
    published=st.none() | st.integers(0, 9),
    paused=st.booleans(),
)
def test_there_is_always_an_answer(
    *, state: OfferState, mode: str, rejected: bool, available: int, buffer: int, published: int | None, paused: bool
) -> None:
    derivation = why(available, buffer=buffer, paused=paused)
    answer = findings(situation(derivation, state=str(state), mode=mode, rejected=rejected, published=published), NOW)

    assert answer
    assert all(sentence(finding) for finding in answer)
    if answer[0].cause is Cause.IN_STEP:
        assert derivation.quantity == published


def test_every_cause_has_a_sentence() -> None:
    assert set(CAUSES) == set(Cause)
