"""From the packed parcel to its arrival: the choice of a carrier, the day's manifest, what goes wrong."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from pydantic import SecretStr

from entrepot.channels.errors import ChannelAwayError, RequestRejectedError
from entrepot.connectors import dhl, sendcloud
from entrepot.connectors.dhl.connector import Dhl
from entrepot.fulfilment.account_services import AccountServices
from entrepot.fulfilment.carriage.errors import (
    LabelInDoubtError,
    NoRuleError,
    NothingToCloseError,
    NotInDoubtError,
    ReasonNeededError,
    RuleFormError,
    RuleNotFoundError,
)
from entrepot.fulfilment.carriage.manifests import ManifestDesk
from entrepot.fulfilment.carriage.problems import Problems
from entrepot.fulfilment.carriage.rules import Rules
from entrepot.fulfilment.carriage.views import choice_of, manifests, problem_counts, problem_rows
from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.contract import CreatesLabels, LabelRequest, Milestone, TrackingEvent
from entrepot.fulfilment.labelling import Labelling
from entrepot.fulfilment.refs import CarrierAccountRef
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.storage import open_storage
from entrepot.sandbox.dhl import service as dhl_world
from entrepot.sandbox.faults import Fault
from entrepot.sandbox.sendcloud import service as sendcloud_world
from tests.fulfilment.floor import BASE, TESS, Floor
from tests.fulfilment.test_labels import packed
from tests.fulfilment.test_way_through import ship

pytestmark = pytest.mark.anyio

SENDCLOUD = sendcloud.SPEC.credentials(
    public_key=sendcloud_world.PUBLIC_KEY,
    secret_key=SecretStr(sendcloud_world.SECRET_KEY),
    api_url=BASE + sendcloud_world.BASE,
)
DHL = dhl.SPEC.credentials(
    api_key=SecretStr(dhl_world.API_KEY),
    username=dhl_world.USERNAME,
    password=SecretStr(dhl_world.PASSWORD),
    ekp=dhl_world.EKP,
    api_url=BASE + dhl_world.HOME,
)


async def connect_sendcloud(floor: Floor) -> CarrierAccountRef:
    async with floor.transaction() as session:
        return await Carriers(session, floor.lines).connect(
            floor.seller_id, sendcloud.SPEC, SENDCLOUD, name="Sendcloud"
        )


async def connect_dhl(floor: Floor) -> CarrierAccountRef:
    async with floor.transaction() as session:
        return await Carriers(session, floor.lines).connect(
            floor.seller_id, dhl.SPEC, DHL, name="DHL", service="V53WPAK"
        )


async def express(floor: Floor) -> CarrierAccountRef:
    async with floor.transaction() as session:
        return next(one for one in await Carriers(session).accounts(floor.seller_id) if one.name == "Express")


async def rule(floor: Floor, account: CarrierAccountRef, service: str, **values: str) -> UUID:
    async with floor.transaction() as session:
        saved = await Rules(session).save(floor.seller_id, values | {"carrier": f"{account.id}:{service}"})
    return saved.id


def closer(floor: Floor) -> ManifestDesk:
    return ManifestDesk(
        floor.database, floor.lines, open_storage(floor.settings), scope=Scope.of(floor.seller_id), actor=TESS
    )


async def states(floor: Floor) -> list[object]:
    return [row[0] for row in await floor.rows("SELECT state FROM shipment ORDER BY id")]


# -- choosing


async def test_the_first_rule_that_fits_chooses_and_says_so(floor: Floor) -> None:
    sendcloud_account = await connect_sendcloud(floor)
    await rule(floor, await express(floor), "standard", countries="DE")
    await rule(floor, sendcloud_account, "postnl:standard", countries="nl, be", most_kg="5", least_value="1")
    parcel = await packed(floor)
    shipment = await floor.desk().make(parcel)
    assert (shipment.carrier_name, shipment.service) == ("Sendcloud", "postnl:standard")
    async with floor.transaction() as session:
        why = await choice_of(session, shipment.id)
    assert why is not None
    said = why.message.format(**why.facts)
    assert said == "Rule 2: to NL, BE, up to 5 kg, worth from 1.00 → Sendcloud · PostNL Standard"


async def test_without_rules_the_first_account_carries_it(floor: Floor) -> None:
    shipment = await floor.desk().make(await packed(floor))
    async with floor.transaction() as session:
        why = await choice_of(session, shipment.id)
    assert why is not None
    assert "There are no rules" in why.message


async def test_no_rule_fits_and_the_packer_chooses(floor: Floor) -> None:
    account = await express(floor)
    await rule(floor, account, "standard", countries="DE")
    parcel = await packed(floor)
    with pytest.raises(NoRuleError) as refused:
        await floor.desk().make(parcel)
    assert "NL" in refused.value.detail
    assert await states(floor) == []
    shipment = await floor.desk().make(parcel, account_id=account.id)
    async with floor.transaction() as session:
        why = await choice_of(session, shipment.id)
    assert why is not None
    assert why.facts["who"] == "Tess Tester"


async def test_a_rule_whose_account_cannot_is_passed_over(floor: Floor) -> None:
    account = await connect_sendcloud(floor)
    first = await rule(floor, account, "postnl:standard")
    await rule(floor, await express(floor), "standard")
    async with floor.transaction() as session:
        await Carriers(session, floor.lines).change(
            account.id, name="Sendcloud", service="postnl:standard", active=False
        )
    shipment = await floor.desk().make(await packed(floor))
    assert shipment.carrier_name == "Express"
    async with floor.transaction() as session:
        await Rules(session).remove(first)
        assert [one.position for one in await Rules(session).all(floor.seller_id)] == [1]


async def test_rules_move_switch_and_refuse_nonsense(floor: Floor) -> None:
    account = await express(floor)
    ids = [await rule(floor, account, "standard", countries=country) for country in ("NL", "BE", "DE")]
    async with floor.transaction() as session:
        rules = Rules(session)
        await rules.move(ids[2], 1)
        await rules.move(ids[0], 99)
        assert [one.id for one in await rules.all(floor.seller_id)] == [ids[2], ids[1], ids[0]]
        await rules.switch(ids[1], active=False)
        assert not (await rules.rule(ids[1])).active
        with pytest.raises(RuleNotFoundError):
            await rules.move(new_id(), 1)
        for values, wrong in (
            ({"countries": "Germany"}, "countries"),
            ({"least_kg": "-1"}, "least_kg"),
            ({"most_kg": "NaN"}, "most_kg"),
            ({"least_value": "9", "most_value": "8"}, "most_value"),
            ({"most_days": "1e99"}, "most_days"),
            ({"channel_account_id": "x"}, "channel_account_id"),
            ({"carrier": f"{account.id}:rocket"}, "carrier"),
            ({"carrier": "x"}, "carrier"),
        ):
            with pytest.raises(RuleFormError) as refused:
                await rules.save(floor.seller_id, {"carrier": f"{account.id}:standard"} | values)
            assert wrong in refused.value.problems


# -- booking


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="500", count=1, applied=True),
        Fault(kind="503", count=1),
        Fault(kind="timeout", count=1, seconds=0.05, applied=True),
        Fault(kind="429", count=1, seconds=1),
        Fault(kind="broken_json", count=1),
        Fault(kind="truncated", count=1),
    ],
    ids=lambda fault: f"{fault.kind}{'-applied' if fault.applied else ''}",
)
async def test_sendcloud_books_once_whatever_happens(floor: Floor, fault: Fault) -> None:
    account = await connect_sendcloud(floor)
    parcel = await packed(floor)
    floor.world.faults.add(msgspec.structs.replace(fault, endpoint="POST /sendcloud/*"))
    for _ in range(3):
        try:
            await floor.desk().make(parcel, account_id=account.id, service="postnl:standard")
        except EntrepotError:
            floor.world.faults.clear()
    assert len(floor.world.parcels.parcels) == 1
    assert await states(floor) == ["labelled"]


async def test_sendcloud_killed_between_booking_and_storing(floor: Floor) -> None:
    account = await connect_sendcloud(floor)
    parcel = await packed(floor)
    async with floor.transaction() as session:
        shipment, carrier = await Labelling(session, floor.lines).intend(parcel, account.id, "postnl:standard")
    assert isinstance(carrier, CreatesLabels)
    lost = await carrier.create_label(msgspec.convert(shipment.request, LabelRequest))
    assert (await floor.desk().make(parcel)).tracking_code == lost.tracking_code
    assert len(floor.world.parcels.parcels) == 1


async def killed_at_dhl(floor: Floor) -> tuple[UUID, UUID, str]:
    account = await connect_dhl(floor)
    parcel = await packed(floor)
    async with floor.transaction() as session:
        shipment, carrier = await Labelling(session, floor.lines).intend(parcel, account.id, "V53WPAK")
    assert isinstance(carrier, CreatesLabels)
    lost = await carrier.create_label(msgspec.convert(shipment.request, LabelRequest))
    return parcel, shipment.id, lost.tracking_code


async def test_dhl_killed_between_booking_and_storing_asks_a_person(floor: Floor) -> None:
    parcel, shipment_id, number = await killed_at_dhl(floor)
    for _ in range(3):
        with pytest.raises(LabelInDoubtError) as doubt:
            await floor.desk().make(parcel)
        assert shipment_id.hex in doubt.value.detail
    assert len(floor.world.parcels.parcels) == 1
    async with floor.transaction() as session:
        assert await problem_counts(session) == {"label": 1}
    adopted = await floor.desk().adopt(shipment_id, number)
    assert (adopted.tracking_code, len(floor.world.parcels.parcels)) == (number, 1)
    async with floor.transaction() as session:
        assert await problem_counts(session) == {}
    with pytest.raises(NotInDoubtError):
        await floor.desk().book_again(shipment_id)


async def test_dhl_is_asked_again_when_a_person_found_nothing(floor: Floor) -> None:
    account = await connect_dhl(floor)
    parcel = await packed(floor)
    floor.world.faults.add(Fault(kind="503", count=1, endpoint="POST /dhl/*"))
    with pytest.raises(ChannelAwayError):
        await floor.desk().make(parcel, account_id=account.id)
    with pytest.raises(LabelInDoubtError):
        await floor.desk().make(parcel)
    [[shipment_id]] = await floor.rows("SELECT id FROM shipment")
    assert isinstance(shipment_id, UUID)
    await floor.desk().book_again(shipment_id)
    assert await states(floor) == ["labelled"]


async def test_dhl_that_only_asked_us_to_wait_is_asked_again(floor: Floor) -> None:
    account = await connect_dhl(floor)
    parcel = await packed(floor)
    floor.world.faults.add(Fault(kind="429", count=1, seconds=1, endpoint="POST /dhl/*"))
    with pytest.raises(EntrepotError):
        await floor.desk().make(parcel, account_id=account.id)
    await floor.desk().make(parcel)
    assert await states(floor) == ["labelled"]
    assert len(floor.world.parcels.parcels) == 1


async def test_a_refused_label_is_a_problem_with_its_reason(floor: Floor) -> None:
    account = await connect_dhl(floor)
    parcel = await packed(floor)
    with pytest.raises(RequestRejectedError) as refused:
        await floor.desk().make(parcel, account_id=account.id, service="V01PAK")
    assert "V01PAK is for Germany only" in refused.value.detail
    async with floor.transaction() as session:
        [problem] = await problem_rows(session)
        assert (problem.kind, "V01PAK" in problem.text) == ("label", True)
    await floor.desk().make(parcel, account_id=account.id)
    async with floor.transaction() as session:
        assert await problem_counts(session) == {}


# -- handing over


async def test_the_day_is_closed_at_the_carrier_and_kept(floor: Floor) -> None:
    account = await connect_dhl(floor)
    parcel = await packed(floor)
    label = await floor.desk().make(parcel, account_id=account.id)
    with pytest.raises(NothingToCloseError):
        await closer(floor).close(account.id)
    await ship(floor, parcel)
    manifest_id = await closer(floor).close(account.id)
    async with floor.transaction() as session:
        [row] = await manifests(session)
    assert (row.id, row.parcels, len(row.document_ids), row.made_by) == (manifest_id, 1, 1, "Tess Tester")
    with pytest.raises(NothingToCloseError):
        await closer(floor).close(account.id)
    async with floor.transaction() as session:
        carrier = await Carriers(session, floor.lines).connector(account.id, why="test")
    assert isinstance(carrier, Dhl)
    with pytest.raises(RequestRejectedError, match="closed"):
        await carrier.cancel_label(label.carrier_shipment_id)


async def test_a_carrier_without_manifests_gets_our_list(floor: Floor) -> None:
    parcel = await packed(floor)
    await floor.desk().make(parcel)
    await ship(floor, parcel)
    await closer(floor).close((await express(floor)).id)
    async with floor.transaction() as session:
        [row] = await manifests(session)
        assert (row.parcels, len(row.document_ids)) == (1, 1)


async def test_killed_between_closing_and_storing(floor: Floor) -> None:
    account = await connect_dhl(floor)
    parcel = await packed(floor)
    label = await floor.desk().make(parcel, account_id=account.id)
    await ship(floor, parcel)
    async with floor.transaction() as session:
        carrier = await Carriers(session, floor.lines).connector(account.id, why="test")
    assert isinstance(carrier, Dhl)
    await carrier.close_day([label.carrier_shipment_id], now().date())  # here the process ends
    await closer(floor).close(account.id)
    async with floor.transaction() as session:
        [row] = await manifests(session)
        assert (row.parcels, row.refused) == (1, [])


# -- following


async def on_its_way(floor: Floor) -> UUID:
    parcel = await packed(floor)
    shipment = await floor.desk().make(parcel)
    await ship(floor, parcel)
    return shipment.id


async def follow(floor: Floor, shipment_id: UUID, *events: TrackingEvent) -> None:
    async with floor.transaction() as session:
        shipment = await ParcelRepository(session).shipment(shipment_id)
        assert shipment is not None
        await Problems(session).follow(shipment, events)


async def test_trouble_opens_and_a_later_good_event_clears(floor: Floor) -> None:
    shipment = await on_its_way(floor)
    hour = timedelta(hours=1)
    lost = TrackingEvent(milestone=Milestone.EXCEPTION, at=now(), place="Depot", text="Damaged")
    moving = TrackingEvent(milestone=Milestone.IN_TRANSIT, at=now() - hour)
    for _ in range(2):
        await follow(floor, shipment, moving, lost)
    async with floor.transaction() as session:
        [problem] = await problem_rows(session)
    assert (problem.kind, problem.text) == ("exception", "Depot: Damaged")
    assert await floor.rows("SELECT count(*) FROM event WHERE topic = 'fulfilment.parcel_in_trouble'") == [(1,)]
    await follow(floor, shipment, lost, TrackingEvent(milestone=Milestone.DELIVERED, at=now() + hour))
    async with floor.transaction() as session:
        assert await problem_counts(session) == {}
        [cleared] = await problem_rows(session, cleared=True)
    assert cleared.cleared_by == ""


async def test_a_person_clears_with_a_reason_and_it_stays_cleared(floor: Floor) -> None:
    shipment = await on_its_way(floor)
    back = TrackingEvent(milestone=Milestone.RETURNED, at=now())
    await follow(floor, shipment, back)
    async with floor.transaction() as session:
        [problem] = await problem_rows(session)
        with pytest.raises(ReasonNeededError):
            await Problems(session).clear(problem.id, "  ")
        await Problems(session).clear(problem.id, "Sent again")
        await Problems(session).clear(problem.id, "Twice")
    await follow(floor, shipment, back)
    async with floor.transaction() as session:
        [cleared] = await problem_rows(session, cleared=True)
        assert await problem_counts(session) == {}
    assert (cleared.cleared_by, cleared.cleared_reason) == ("Tess Tester", "Sent again")


async def test_silence_is_a_problem_after_the_days_of_the_account(floor: Floor) -> None:
    await on_its_way(floor)
    account = await express(floor)
    async with floor.transaction() as session:
        await AccountServices(session).set_quiet_days(account, 3)
        assert await Problems(session).find_quiet(account.id) == 0
        await ParcelRepository(session).update_shipment(
            (await floor_shipment(floor)), shipped_at=now() - timedelta(days=3, minutes=1)
        )
        assert await Problems(session).find_quiet(account.id) == 1
        assert await Problems(session).find_quiet(account.id) == 0
        assert await problem_counts(session) == {"no_movement": 1}
    for days in (0, 61):
        async with floor.transaction() as session:
            with pytest.raises(EntrepotError):
                await AccountServices(session).set_quiet_days(account, days)


async def floor_shipment(floor: Floor) -> UUID:
    [[found]] = await floor.rows("SELECT id FROM shipment")
    assert isinstance(found, UUID)
    return found
