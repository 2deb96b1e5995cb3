"""A floor whose outside world listens on loopback, and runs that have a row like those of a worker."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec
import pytest

from entrepot.erp.accounts import ErpJoin
from entrepot.erp.contract import ErpOrder, ErpShipment, HandOver, HandOverState
from entrepot.erp.errors import ErpAwayError
from entrepot.erp.service import ErpService
from entrepot.jobs import service as jobs
from entrepot.jobs.registry import job_of
from entrepot.jobs.run import Run, Tools
from entrepot.kit.database import Actor
from entrepot.kit.ids import new_id
from tests.fulfilment.conftest import world
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_jobs import Patience, floor

__all__ = ["floor", "world"]

type Runs = Callable[[msgspec.Struct], Awaitable[UUID]]


@pytest.fixture
def do(floor: Floor) -> Runs:
    """Start a run and do it here, without a worker; return its id.  A worker in another process never sees it."""

    async def run(args: msgspec.Struct) -> UUID:
        async with floor.transaction() as session:
            run_id = await jobs.enqueue(session, args)
        definition = job_of(args)
        made = Run(
            id=run_id,
            job=definition.name,
            seller_id=floor.seller_id,
            attempt=1,
            actor=Actor("job", str(run_id), definition.name),
            tools=Tools(floor.database, floor.box, floor.settings),
            engine=Patience(floor),
        )
        try:
            await definition.function(made, args)
        finally:
            async with floor.transaction() as session:
                await jobs.cancel(session, run_id)
        return run_id

    return run


class Erp:
    """An ERP that keeps what it is given."""

    way = "test"

    def __init__(self) -> None:
        self.orders: dict[str, ErpOrder] = {}
        self.refuses: set[str] = set()
        self.away = False
        self.shipments: list[ErpShipment] = []
        self.given = 0

    async def aclose(self) -> None:
        pass

    async def hand_over(self, orders: Sequence[ErpOrder]) -> list[HandOver]:
        if self.away:
            raise ErpAwayError(erp="Test", reason="no answer")
        self.given += len(orders)
        outcomes: list[HandOver] = []
        for order in orders:
            state = HandOverState.PRESENT if order.reference in self.orders else HandOverState.ACCEPTED
            if order.reference in self.refuses:
                outcomes.append(
                    HandOver(reference=order.reference, state=HandOverState.REFUSED, problem="Unknown article")
                )
                continue
            self.orders[order.reference] = order
            outcomes.append(HandOver(reference=order.reference, state=state))
        return outcomes

    async def read_tracking(self, references: Sequence[str]) -> list[ErpShipment]:
        return [one for one in self.shipments if one.reference in references]


@pytest.fixture
async def erp(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> Erp:
    """The ERP every channel account is joined to."""
    found, account_id = Erp(), new_id()

    async def joined(_: ErpService, channel_account_id: UUID) -> ErpJoin:
        return ErpJoin(
            channel_account_id=channel_account_id,
            seller_id=floor.seller_id,
            erp_account_id=account_id,
            erp_name="Test",
            hand_over=True,
            take_stock=True,
        )

    class Usable:
        def require(self) -> None:
            pass

    async def usable(_: ErpService, __: UUID) -> Usable:
        return Usable()

    async def connector(_: ErpService, __: UUID, *, why: str = "") -> Erp:  # noqa: ARG001 -- the service's form
        return found

    async def nothing(*_: object, **__: object) -> None:
        pass

    monkeypatch.setattr(ErpService, "joined", joined)
    monkeypatch.setattr(ErpService, "account", usable)
    monkeypatch.setattr(ErpService, "order_connector", connector)
    monkeypatch.setattr(ErpService, "tracking_connector", connector)
    for name in ("record_hand_overs", "record_success", "record_failure"):
        monkeypatch.setattr(ErpService, name, nothing)
    return found
