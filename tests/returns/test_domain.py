"""Decisions about returns."""

from hypothesis import given
from hypothesis import strategies as st

from entrepot.returns.domain import LONGEST_PAUSE, LineState, ReturnState, pause_after, state_of, state_said


@given(st.lists(st.sampled_from(LineState), min_size=1), st.booleans())
def test_a_return_is_as_far_as_the_line_that_needs_us_most(lines: list[LineState], by_channel: bool) -> None:  # noqa: FBT001 -- drawn
    state = state_of(lines, by_channel=by_channel)

    if by_channel:
        assert state is ReturnState.BY_CHANNEL
    elif LineState.FAILED in lines:
        assert state is ReturnState.FAILED
    elif LineState.OPEN in lines:
        assert state is ReturnState.OPEN
    else:
        assert (state is ReturnState.HANDLED) == (set(lines) == {LineState.HANDLED})


@given(st.sampled_from([None, *LineState]))
def test_what_the_channel_says_late_takes_back_no_decision(known: LineState | None) -> None:
    assert state_said(known, handled=True) is LineState.HANDLED
    later = state_said(known, handled=False)
    assert later is (known if known in {LineState.TELLING, LineState.FAILED} else LineState.OPEN)


@given(st.integers(0, 10_000))
def test_pauses_grow_up_to_a_limit(looks: int) -> None:
    assert pause_after(looks) <= pause_after(looks + 1) <= LONGEST_PAUSE
