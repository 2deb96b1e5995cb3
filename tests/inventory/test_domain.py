"""Plans of reservations, checked as laws."""

from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from entrepot.inventory.domain import (
    Held,
    Place,
    Plan,
    Wish,
    plan_reservations,
    slot_codes,
    take_fewest,
    youngest_to_cover,
)

MUG, CUP = UUID(int=1), UUID(int=2)
HERE, THERE = UUID(int=11), UUID(int=12)


def place(number: int, free: int, product: UUID = MUG, building: UUID = HERE) -> Place:
    return Place(product, UUID(int=100 + number), "", free, number, f"L-{number:02d}", building)


places = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from([MUG, CUP]), st.sampled_from([HERE, THERE])), max_size=8
).map(lambda rows: [place(number, *row) for number, row in enumerate(rows)])
wishes = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.dictionaries(st.sampled_from([MUG, CUP]), st.integers(1, 5), min_size=1),
        st.sampled_from([None, HERE, THERE]),
    ),
    max_size=8,
).map(
    lambda rows: [
        Wish(UUID(int=1000 + number), many, {product: units * many for product, units in parts.items()}, building)
        for number, (many, parts, building) in enumerate(rows)
    ]
)


def copy(found: list[Place]) -> list[Place]:
    return [Place(p.product_id, p.location_id, p.lot, p.free, p.walk_order, p.code, p.warehouse_id) for p in found]


def planned(wanted: list[Wish], found: list[Place]) -> Plan:
    return plan_reservations(wanted, copy(found))


@given(wishes, places)
def test_each_line_gets_exactly_what_it_needs_or_nothing(wanted: list[Wish], found: list[Place]) -> None:
    plan = planned(wanted, found)

    for wish in wanted:
        got: dict[UUID, int] = {}
        for take in plan.takes:
            if take.order_line_id == wish.order_line_id:
                got[take.place.product_id] = got.get(take.place.product_id, 0) + take.quantity
        assert got == ({} if wish.order_line_id in plan.shortages else wish.units)


@given(wishes, places)
def test_no_place_gives_more_than_it_has_or_from_a_wrong_building(wanted: list[Wish], found: list[Place]) -> None:
    plan = planned(wanted, found)
    building = {wish.order_line_id: wish.warehouse_id for wish in wanted}

    for there in found:
        assert sum(take.quantity for take in plan.takes if take.place.location_id == there.location_id) <= there.free
    assert all(take.quantity > 0 for take in plan.takes)
    assert all(building[take.order_line_id] in {None, take.place.warehouse_id} for take in plan.takes)


@given(wishes, places)
def test_a_shortage_is_what_would_be_missing(wanted: list[Wish], found: list[Place]) -> None:
    """Lines are served in their order; each refused one could not be served from what the earlier ones left."""
    plan = planned(wanted, found)
    left = copy(found)
    for wish in wanted:
        within = [there for there in left if wish.warehouse_id in {None, there.warehouse_id}]
        possible = min(
            sum(there.free for there in within if there.product_id == product) * wish.quantity // units
            for product, units in wish.units.items()
        )
        if wish.order_line_id in plan.shortages:
            assert plan.shortages[wish.order_line_id] == wish.quantity - possible > 0
        else:
            assert possible >= wish.quantity
            for take in plan.takes:
                if take.order_line_id == wish.order_line_id:
                    next(there for there in left if there.location_id == take.place.location_id).free -= take.quantity


@given(wishes, places, st.randoms())
def test_does_not_depend_on_the_order_of_the_rows(wanted: list[Wish], found: list[Place], random: Random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)

    def shown(plan: Plan) -> list[tuple[UUID, UUID, int]]:
        return [(take.order_line_id, take.place.location_id, take.quantity) for take in plan.takes]

    assert shown(planned(wanted, shuffled)) == shown(planned(wanted, found))


@given(st.lists(st.integers(0, 20), max_size=8), st.integers(1, 80))
def test_visits_as_few_places_as_possible(frees: list[int], wanted: int) -> None:
    taken = take_fewest(wanted, [place(number, free) for number, free in enumerate(frees)])

    if taken is None:
        assert sum(frees) < wanted
    else:
        assert sum(quantity for _, quantity in taken) == wanted
        assert sum(sorted(frees, reverse=True)[: len(taken) - 1]) < wanted


def test_takes_the_first_place_on_the_way_that_suffices() -> None:
    found = [place(1, 2), place(2, 5), place(3, 9)]

    (take,) = plan_reservations([Wish(UUID(int=5), 4, {MUG: 4})], found).takes

    assert (take.place.walk_order, take.quantity) == (2, 4)


def test_prefers_one_building() -> None:
    found = [place(1, 5, MUG, HERE), place(2, 3, MUG, THERE), place(3, 3, CUP, THERE)]

    plan = plan_reservations([Wish(UUID(int=5), 1, {MUG: 3, CUP: 3})], found)

    assert {take.place.warehouse_id for take in plan.takes} == {THERE}


@given(st.lists(st.integers(1, 9), max_size=8), st.integers(0, 40))
def test_the_youngest_promises_go_first_and_no_more_than_needed(quantities: list[int], excess: int) -> None:
    held = [Held(UUID(int=number), UUID(int=number), quantity) for number, quantity in enumerate(quantities, 1)]

    gone = youngest_to_cover(held, excess)

    assert gone == held[::-1][: len(gone)]
    assert sum(one.quantity for one in gone) >= min(excess, sum(quantities))
    assert not gone or sum(one.quantity for one in gone[:-1]) < excess


def test_slots_sort_as_they_stand() -> None:
    assert slot_codes("B", 3) == ["B-01", "B-02", "B-03"]
    assert slot_codes("B", 120) == sorted(slot_codes("B", 120))
