"""What devices scanned without a network, applied when it arrives: in order, once, and nothing vanishes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.fulfilment.errors import PickListTakenError
from entrepot.fulfilment.scanning.applying import Applying
from entrepot.fulfilment.scanning.errors import (
    DecisionReasonMissingError,
    NothingToTakeBackError,
    OrderGoneMeanwhileError,
    PickedMeanwhileError,
    ScanConflictDecidedError,
    ScansOfAnotherError,
)
from entrepot.fulfilment.scanning.refs import Act, ActKind, ActOutcome, Answer, Decision
from entrepot.fulfilment.scanning.reviewing import Reviewing
from entrepot.fulfilment.scanning.sessions import Device, Download, ScanSessions
from entrepot.fulfilment.scanning.views import ConflictRow, conflicts
from entrepot.fulfilment.service import FulfilmentService, ShortReason
from entrepot.kit.clock import now
from entrepot.kit.database import Actor
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderService
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_way_through import lines_of, release
from tests.inventory.factories import check_books

pytestmark = pytest.mark.anyio

ANN, BOB = Actor("user", "ann", "Ann"), Actor("user", "bob", "Bob")


def act(sequence: int, kind: ActKind = ActKind.PICK, **facts: Any) -> Act:  # noqa: ANN401 -- as the fields
    given: dict[str, Any] = {"at": now(), "quantity": 1 if kind is ActKind.PICK else 0} | facts
    return Act(client_id=str(new_id()), sequence=sequence, kind=kind, **given)


async def take(floor: Floor, code: str, who: Actor = ANN, *, over: bool = False) -> Download:
    async with floor.transaction(who) as session:
        use = ScanSessions(session)
        device = Device(id=f"device-of-{who.id}", name="Phone", sent_at=now())
        found = await use.take((floor.seller_id,), device, code, take_over=over)
        return await use.download(found.id)


async def send(floor: Floor, work: Download, *acts: Act, who: Actor = ANN, at: datetime | None = None) -> list[Answer]:
    async with floor.transaction(who) as session:
        return await Applying(session).receive(work.session.id, acts, at or now())


async def review(floor: Floor) -> list[ConflictRow]:
    async with floor.transaction() as session:
        return await conflicts(session)


async def decide(floor: Floor, scan_id: UUID, decision: Decision, reason: str = "Seen") -> None:
    async with floor.transaction() as session:
        await Reviewing(session).resolve(scan_id, decision, reason)


async def a_list(floor: Floor, mugs: int = 3) -> tuple[UUID, Download]:
    await floor.stock(MUG=5, CUP={"B": 5}, TEA={"A": 9})
    order = await floor.order(("MUG", mugs), ("CUP", 1))
    return order, await take(floor, (await release(floor, order)).numbers[0])


async def test_a_device_gets_all_it_needs(floor: Floor) -> None:
    _, work = await a_list(floor)
    assert [(line.sku, line.location, line.quantity) for line in work.lines] == [("MUG", "A-01", 3), ("CUP", "B-01", 1)]
    assert [(one.sku, one.location) for one in work.neighbours] == [("TEA", "A-01")]
    assert {"A-01", "B-01"} <= {place.code for place in work.places}
    again = await take(floor, work.number)
    assert (again.session.id, again.session.version) == (work.session.id, 1)


async def test_scans_are_applied_in_the_devices_order_and_once(floor: Floor) -> None:
    order, work = await a_list(floor)
    mug, cup = work.lines
    first, second = act(1, line_id=mug.id, code="MUG", location="A-01"), act(2, line_id=mug.id, quantity=2)
    undo, again = act(3, ActKind.UNDO, undoes=second.client_id), act(4, line_id=mug.id, quantity=2)
    sent = [again, undo, act(6, ActKind.FINISH), first, second, act(5, line_id=cup.id), act(7, ActKind.WRONG, code="x")]
    sent.append(act(8, ActKind.UNDO, undoes=second.client_id))  # taken back already
    answers = await send(floor, work, *sent)
    assert [str(one.outcome) for one in answers] == ["applied"] * 4 + ["noted", "applied"] + ["noted"] * 2
    repeated = await send(floor, work, *reversed(sent))
    assert all(one.repeated for one in repeated)
    assert await floor.status(order) == "picked"  # though its last pieces had been picked once before
    assert [(line.picked, line.scanned_by) for line in await lines_of(floor, work.session.pick_list_id)] == [
        (3, "Ann"),
        (1, "Ann"),
    ]
    assert await floor.rows("SELECT count(*), max(sequence) FROM device_scan") == [(8, 8)]
    assert (await floor.rows("SELECT closed_at IS NOT NULL, last_sequence FROM scan_session")) == [(True, 8)]
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def test_two_scans_of_one_number_are_put_to_a_person(floor: Floor) -> None:
    _, work = await a_list(floor)
    first, second, later = (act(number, line_id=work.lines[0].id) for number in (1, 1, 2))
    await send(floor, work, first)
    answers = await send(floor, work, second, later)
    assert [str(one.outcome) for one in answers] == ["conflict", "applied"]
    assert answers[0].facts == {"sequence": 1}
    assert all(one.repeated for one in await send(floor, work, first, second, later))
    (row,) = await review(floor)
    await decide(floor, row.id, Decision.APPLY)
    assert (await lines_of(floor, work.session.pick_list_id))[0].picked == 3


async def test_what_the_hub_counted_is_taken_back_piece_by_piece(floor: Floor) -> None:
    _, work = await a_list(floor)
    one, two = (act(number, line_id=work.lines[0].id) for number in (1, 2))
    await send(floor, work, one, two)
    (answer,) = await send(floor, work, act(3, ActKind.UNDO, undoes=two.client_id))
    assert (answer.outcome, answer.facts["quantity"]) == (ActOutcome.APPLIED, 1)
    assert (await lines_of(floor, work.session.pick_list_id))[0].picked == 1
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def test_a_list_taken_over_goes_to_review_and_can_be_applied_after_all(floor: Floor) -> None:
    order, work = await a_list(floor)
    with pytest.raises(PickListTakenError, match="Ann"):
        await take(floor, work.number, BOB)
    theirs = await take(floor, work.number, BOB, over=True)
    assert theirs.session.version == 2
    mug, cup = work.lines
    late = act(1, line_id=mug.id, quantity=2)
    assert (await send(floor, work, late, act(2, ActKind.FINISH)))[0].outcome is ActOutcome.CONFLICT
    await send(floor, theirs, act(1, line_id=cup.id), who=BOB)
    (found,) = await review(floor)
    assert found.message.format(**found.facts).startswith(f"Bob took list {work.number} over")
    assert (found.who, found.sku, found.quantity, found.order_number) == ("Ann", "MUG", 2, mug.order_number)
    # Taken back by the first: what came from before is still another's matter, what comes now is theirs.
    mine = await take(floor, work.number, ANN, over=True)
    assert mine.session.version == 3
    assert (await send(floor, work, act(3, line_id=mug.id)))[0].outcome is ActOutcome.CONFLICT
    with pytest.raises(DecisionReasonMissingError):
        await decide(floor, found.id, Decision.APPLY, " ")
    await decide(floor, found.id, Decision.APPLY, "They lie in the box")
    with pytest.raises(ScanConflictDecidedError, match="Tess"):
        await decide(floor, found.id, Decision.DISCARD)
    await decide(floor, (await review(floor))[0].id, Decision.DISCARD)
    await send(floor, mine, act(1, line_id=mug.id))
    assert (await review(floor), await floor.status(order)) == ([], "picked")
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def test_nobody_sends_what_somebody_else_scanned(floor: Floor) -> None:
    _, work = await a_list(floor)
    with pytest.raises(ScansOfAnotherError, match="Ann's"):
        await send(floor, work, act(1, line_id=work.lines[0].id), who=BOB)
    assert await floor.rows("SELECT count(*) FROM device_scan") == [(0,)]


async def test_what_changed_meanwhile_is_named(floor: Floor) -> None:
    _, work = await a_list(floor)
    mug, cup = work.lines
    async with floor.transaction(BOB) as session:
        await FulfilmentService(session).picking.pick(mug.id, 2)
    wrong_lot = act(3, line_id=cup.id, code="(01)09506000134352(10)L-9")
    answers = await send(
        floor,
        work,
        act(1, line_id=mug.id, quantity=2),
        act(2, line_id=mug.id),
        wrong_lot,
        act(4, ActKind.SHORT, line_id=cup.id, reason="damaged"),
        act(5, line_id=cup.id),
        act(6, ActKind.UNDO, undoes="never-seen-before"),
        act(7, ActKind.FINISH),
    )
    said = [one.message.format(**one.facts) for one in answers]
    assert [str(one.outcome) for one in answers] == [
        "conflict", "applied", "conflict", "applied", "conflict", "conflict", "applied",
    ]  # fmt: skip
    assert said[0].startswith("2 of MUG are too many: 1 are still to be picked from A-01")
    assert "(01)09506000134352(10)L-9" in said[2]
    assert said[4] == "CUP from B-01 was dealt with by Ann in the meantime. Put yours back in B-01."
    waiting = await review(floor)
    for one in waiting:
        with pytest.raises((PickedMeanwhileError, NothingToTakeBackError)):
            await decide(floor, one.id, Decision.APPLY)
    assert len(await review(floor)) == 4  # what still cannot be applied stays


async def test_a_cancelled_order_is_named_and_its_goods_go_back(floor: Floor) -> None:
    order, work = await a_list(floor)
    async with floor.transaction(BOB) as session:
        await OrderService(session).cancel([order], put_back=True)
    (answer,) = await send(floor, work, act(1, line_id=work.lines[0].id))
    number = work.lines[0].order_number
    assert answer.message.format(**answer.facts) == (
        f"Order {number} was cancelled in the meantime. Put MUG back in A-01."
    )
    (found,) = await review(floor)
    with pytest.raises(OrderGoneMeanwhileError):
        await decide(floor, found.id, Decision.APPLY)
    # Undone on the device: nobody has to decide any more.
    await send(floor, work, act(2, ActKind.UNDO, undoes=(await acts_of(floor))[0]))
    assert await review(floor) == []


async def acts_of(floor: Floor) -> list[str]:
    return [str(row[0]) for row in await floor.rows("SELECT client_id FROM device_scan ORDER BY sequence")]


@pytest.mark.parametrize("off", [timedelta(days=-20_000), timedelta(minutes=-7), timedelta(hours=3)])
async def test_a_wrong_clock_changes_no_order(floor: Floor, off: timedelta) -> None:
    _, work = await a_list(floor)
    mug = work.lines[0]
    wrong = now() + off
    later, sooner = (
        act(1, line_id=mug.id, at=wrong),
        act(2, ActKind.SHORT, line_id=mug.id, at=wrong - timedelta(days=1)),
    )
    answers = await send(floor, work, sooner, later, at=wrong)
    assert [str(one.outcome) for one in answers] == ["applied", "applied"]
    line = (await lines_of(floor, work.session.pick_list_id))[0]
    assert (line.picked, line.short, line.reason) == (1, 2, str(ShortReason.NOT_THERE))
    ((skew, device_at, received_at),) = await floor.rows(
        "SELECT v.skew_ms, d.device_at, d.received_at FROM scan_session v JOIN device_scan d ON d.session_id = v.id"
        " WHERE d.sequence = 1"
    )
    assert device_at == wrong
    assert isinstance(received_at, datetime)
    assert isinstance(skew, int)
    assert abs(skew + min(max(off, timedelta(days=-3650)), timedelta(days=3650)) / timedelta(milliseconds=1)) < 60_000


async def test_scans_cannot_be_rewritten(floor: Floor) -> None:
    _, work = await a_list(floor)
    await send(floor, work, act(1, line_id=work.lines[0].id))
    with pytest.raises(Exception, match="permission denied"):
        await floor.rows("UPDATE device_scan SET quantity = 5 RETURNING id")


async def test_the_app_over_http(client: httpx.AsyncClient, seller: SellerRef, floor: Floor) -> None:
    await floor.stock(MUG=5)
    order = await floor.order(("MUG", 2))
    await release(floor, order)
    moment = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    asked = {"device_id": "device-1234", "device_name": "Phone", "sent_at": moment}
    work = (await client.post("/api/v1/scan-sessions", json=asked)).json()
    url = f"/api/v1/scan-sessions/{work['session']['id']}"
    assert (await client.get(url)).json()["lines"] == work["lines"]
    pick = {"client_id": "scan-0001", "sequence": 1, "kind": "pick", "at": moment, "line_id": work["lines"][0]["id"]}
    acts = [pick | {"quantity": 1}, pick | {"client_id": "scan-0002", "sequence": 2, "quantity": 9}]
    body = {"sent_at": moment, "acts": acts}
    for repeated in (False, True):
        taken = (await client.post(f"{url}/acts", json=body)).json()
        assert [(one["outcome"], one["repeated"]) for one in taken["items"]] == [
            ("applied", repeated),
            ("conflict", repeated),
        ]
        assert taken["lines"][0]["picked"] == 1
    assert taken["items"][1]["message"].startswith("9 of MUG are too many")
    (waiting,) = (await client.get("/api/v1/scan-conflicts")).json()["items"]
    page = (await client.get("/fulfilment/scan/review")).text
    assert "9 of MUG are too many" in page
    assert "min slow" in page  # the device's clock
    refused = await client.post(f"/fulfilment/scan/review/{waiting['id']}", data={"decision": "apply", "reason": "x"})
    assert (refused.status_code, "9 of MUG are too many" in refused.text) == (422, True)
    done = await client.post(
        f"/api/v1/scan-conflicts/{waiting['id']}/decision", json={"decision": "discard", "reason": "Typed wrongly"}
    )
    assert (done.json()["state"], done.json()["reason"], done.json()["resolved_by"]) == (
        "discarded", "Typed wrongly", "Tess Tester",
    )  # fmt: skip
    assert "Typed wrongly" in (await client.get("/fulfilment/scan/review?done=1")).text
    app = (await client.get("/fulfilment/scan")).text
    assert str(seller.id) in app  # whose scans it may send
    assert "MUG" not in app
