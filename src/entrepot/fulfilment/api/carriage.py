"""Carriage for programs: rules, rates, manifests, problems."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.params import FromPath, JSONBody, Parameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.carriage.choice import Rule
from entrepot.fulfilment.carriage.problems import Problems
from entrepot.fulfilment.carriage.rating import Rating
from entrepot.fulfilment.carriage.rules import Rules
from entrepot.fulfilment.carriage.views import ManifestRow, ProblemRow, manifests, problem_rows
from entrepot.fulfilment.contract_carriage import Rate
from entrepot.fulfilment.http import carrier_lines, manifest_desk, own_transaction
from entrepot.fulfilment.service import FulfilmentService

type Limit = Annotated[int, Parameter(ge=1, le=200)]


class RuleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule; what is left out is always true."""

    countries: Annotated[list[Annotated[str, Meta(pattern="^[A-Z]{2}$")]], Meta(max_length=60)] = []
    least_g: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    most_g: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    least_value: Decimal | None = None
    most_value: Decimal | None = None
    channel_account_id: UUID | None = None
    least_days: Annotated[int, Meta(ge=0, le=365)] | None = None
    most_days: Annotated[int, Meta(ge=0, le=365)] | None = None
    carrier_account_id: UUID
    service: Annotated[str, Meta(min_length=1, max_length=120)]

    def as_form(self) -> dict[str, str]:
        """Return the fields of the form, which checks them."""
        values: dict[str, object] = {
            "countries": ",".join(self.countries),
            "least_kg": None if self.least_g is None else Decimal(self.least_g) / 1000,
            "most_kg": None if self.most_g is None else Decimal(self.most_g) / 1000,
            "least_value": self.least_value,
            "most_value": self.most_value,
            "channel_account_id": self.channel_account_id,
            "least_days": self.least_days,
            "most_days": self.most_days,
            "carrier": f"{self.carrier_account_id}:{self.service}",
        }
        return {name: str(value) for name, value in values.items() if value is not None}


class RuleList(msgspec.Struct, frozen=True):
    """All rules in their order."""

    items: list[Rule]
    next: str | None = None


class NewPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place among the rules, counted from 1."""

    position: Annotated[int, Meta(ge=1, le=200)]


class OneRate(msgspec.Struct, frozen=True, kw_only=True):
    """What one way of sending costs."""

    carrier_account_id: UUID
    carrier: str
    service: str
    name: str
    cost: Decimal | None
    currency: str
    hours: int | None

    @classmethod
    def of(cls, account_id: UUID, carrier: str, rate: Rate) -> "OneRate":
        """Return a rate with its account."""
        return cls(
            carrier_account_id=account_id,
            carrier=carrier,
            service=rate.service,
            name=rate.name,
            cost=rate.cost,
            currency=rate.currency,
            hours=rate.hours,
        )


class RateList(msgspec.Struct, frozen=True):
    """Rates, and what went wrong at carriers that gave none."""

    items: list[OneRate]
    problems: list[str]
    next: str | None = None


class CloseDayBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose day to close."""

    carrier_account_id: UUID


class ManifestList(msgspec.Struct, frozen=True):
    """A page of manifests."""

    items: list[ManifestRow]
    next: str | None


class ProblemList(msgspec.Struct, frozen=True):
    """A page of problems."""

    items: list[ProblemRow]
    next: str | None


class ClearBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done about a problem."""

    reason: Annotated[str, Meta(min_length=1, max_length=300)]


class RuleApi(Controller):
    """Rules that choose the carrier."""

    path = "/api/v1/carrier-rules"
    tags = ("Carriers",)

    @get(opt=needs(Right.CARRIERS_MANAGE), operation_id="listCarrierRules", summary="List the rules in their order")
    async def rules(self, session: AsyncSession, principal: Principal) -> RuleList:
        """The first that fits chooses."""
        return RuleList(await Rules(session).all(principal.seller_id()))

    @post(opt=needs(Right.CARRIERS_MANAGE), operation_id="addCarrierRule", summary="Add a rule; it goes last")
    async def add(self, session: AsyncSession, principal: Principal, data: JSONBody[RuleBody]) -> Rule:
        """Countries as two letters, weights in grams, values in the order's currency."""
        return await Rules(session).save(principal.seller_id(), data.as_form())

    @put("/{rule_id:uuid}", opt=needs(Right.CARRIERS_MANAGE), operation_id="changeCarrierRule", summary="Change a rule")
    async def change(self, session: AsyncSession, rule_id: FromPath[UUID], data: JSONBody[RuleBody]) -> Rule:
        """It keeps its place."""
        rules = Rules(session)
        return await rules.save((await rules.rule(rule_id)).seller_id, data.as_form(), rule_id)

    @post(
        "/{rule_id:uuid}/move",
        opt=needs(Right.CARRIERS_MANAGE),
        operation_id="moveCarrierRule",
        summary="Put a rule at another place",
        status_code=200,
    )
    async def move(self, session: AsyncSession, rule_id: FromPath[UUID], data: JSONBody[NewPlace]) -> RuleList:
        """The others close up."""
        rules = Rules(session)
        await rules.move(rule_id, data.position)
        return RuleList(await rules.all((await rules.rule(rule_id)).seller_id))

    @delete(
        "/{rule_id:uuid}", opt=needs(Right.CARRIERS_MANAGE), operation_id="removeCarrierRule", summary="Remove a rule"
    )
    async def remove(self, session: AsyncSession, rule_id: FromPath[UUID]) -> None:
        """What it chose keeps its explanation."""
        await Rules(session).remove(rule_id)


class CarriageApi(Controller):
    """Rates, manifests and problems."""

    path = "/api/v1"
    tags = ("Carriers",)

    @get(
        "/parcels/{parcel_id:uuid}/rates",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="listRates",
        summary="Ask carriers what a packed parcel costs",
    )
    async def rates(self, request: Request[Any, Any, Any], parcel_id: FromPath[UUID], principal: Principal) -> RateList:
        """Of every connected carrier that tells its prices."""
        async with carrier_lines(request) as lines:
            rating = Rating(lines)
            async with own_transaction(request, principal) as session:
                await rating.prepare(session, await FulfilmentService(session).packing.parcel(parcel_id))
            found = await rating.ask()
        return RateList(
            [OneRate.of(one.account.id, one.account.name, rate) for one in found for rate in one.rates],
            [one.problem for one in found if one.problem],
        )

    @get("/manifests", opt=needs(Right.FULFILMENT_READ), operation_id="listManifests", summary="List manifests")
    async def list_manifests(
        self, session: AsyncSession, cursor: UUID | None = None, limit: Limit = 50
    ) -> ManifestList:
        """Newest first."""
        found = await manifests(session, before=cursor, limit=limit + 1)
        return ManifestList(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    @post(
        "/manifests",
        opt=needs(Right.FULFILMENT_SHIP),
        operation_id="closeDay",
        summary="Hand a carrier what left since its last manifest",
    )
    async def close(
        self, request: Request[Any, Any, Any], principal: Principal, data: JSONBody[CloseDayBody]
    ) -> ManifestRow:
        """Nothing to hand over is a conflict."""
        async with carrier_lines(request) as lines:
            made = await manifest_desk(request, principal, lines).close(data.carrier_account_id)
        async with own_transaction(request, principal) as session:
            return (await manifests(session, manifest_id=made))[0]

    @get(
        "/parcel-problems",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="listParcelProblems",
        summary="List parcels that need a person",
    )
    async def problems(
        self,
        session: AsyncSession,
        kind: str = "",
        cleared: bool = False,  # noqa: FBT001, FBT002 -- a query parameter
        cursor: UUID | None = None,
        limit: Limit = 50,
    ) -> ProblemList:
        """Newest first."""
        found = await problem_rows(session, kind=kind[:40], cleared=cleared, before=cursor, limit=limit + 1)
        return ProblemList(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    @post(
        "/parcel-problems/{problem_id:uuid}/clear",
        opt=needs(Right.FULFILMENT_SHIP),
        operation_id="clearParcelProblem",
        summary="Say what was done about a problem",
        status_code=200,
    )
    async def clear(self, session: AsyncSession, problem_id: FromPath[UUID], data: JSONBody[ClearBody]) -> ProblemRow:
        """It is not opened again for the same event."""
        await Problems(session).clear(problem_id, data.reason)
        return (await problem_rows(session, problem_id=problem_id, cleared=None))[0]


ROUTES = [RuleApi, CarriageApi]
