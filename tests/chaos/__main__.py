"""``python -m tests.chaos``: attack a hub and look for damage; the exit code is 1 if there is some."""

import argparse
import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.world import Instance, instance

from entrepot.jobs.discovery import discover
from tests.chaos.flowing import RunsAttack
from tests.chaos.hub import Hub, StuckError, open_hub
from tests.chaos.importing import ImportAttack
from tests.chaos.killing import Killer, say
from tests.chaos.pushing import PushAttack


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much chaos."""

    seed: int
    kills: int = 20
    """During the import."""
    push_kills: int = 20
    """While the channel is told."""
    orders: int | None = None
    """At most so many orders of the data set; None: all."""
    parcels: int = 60
    seeds: int = 50
    """Seeds of faults and kills in both kinds of runs."""
    patience: float = 4.0
    """Most seconds between seeing work and killing."""
    take_over: float = 30.0
    """Seconds within which the work of a dead worker must be in other hands."""


def attack(plan: Plan) -> list[str]:
    """Run the attacks on a new hub; return the violations."""
    discover()
    with instance() as made:
        return asyncio.run(_attack(made, plan))


async def _attack(made: Instance, plan: Plan) -> list[str]:
    dice = random.Random(plan.seed)
    started = time.monotonic()
    async with open_hub(made, orders=plan.orders, seed=7) as hub:
        say(
            f"Seed {plan.seed}, hub filled after {time.monotonic() - started:.0f} s: {plan.kills} kills during the import,"
            f" {plan.push_kills} while the channel is told, {plan.seeds} seeds in runs."
        )
        violations: list[str] = []
        importing = ImportAttack(hub, dice, patience=plan.patience)
        pushing = PushAttack(hub, dice, patience=plan.patience)
        flowing = RunsAttack(hub, patience=plan.patience)
        try:
            if plan.kills or plan.parcels:  # parcels need orders
                violations += [f"import: {one}" for one in await importing.run(plan.kills)]
                violations += _late(importing.killer, plan)
            if plan.parcels:
                violations += [f"push: {one}" for one in await pushing.run(plan.push_kills, plan.parcels)]
                violations += _late(pushing.killer, plan)
            if plan.seeds:
                say(f"  {plan.seeds} seeds of faults and kills in order runs and inventory runs")
                seeds = range(plan.seed, plan.seed + plan.seeds)
                violations += [f"runs: {one}" for one in await flowing.run(seeds)]
                violations += _late(flowing.blows, plan)
        except StuckError as error:
            violations.append(str(error))
            violations += await _state(hub)
        violations += [f"a worker complained: {line}" for line in hub.complaints()]
        return violations


def _late(killer: Killer, plan: Plan) -> list[str]:
    taken = [blow.taken_over for blow in killer.blows if blow.taken_over is not None]
    on = [blow.went_on for blow in killer.blows if not blow.waited]
    say(
        f"  {len(killer.blows)} kills; taken over after at most {max(taken, default=0):.1f} s"
        f" (median {_median(taken):.1f} s), first progress after at most {max(on, default=0):.1f} s"
        f" (median {_median(on):.1f} s)"
    )
    return [f"work was taken over only after {late:.1f} s" for late in taken if late > plan.take_over]


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0


async def _state(hub: Hub) -> list[str]:
    runs = await hub.sql(
        "SELECT job, state, slot, resumes, attempt, due_at - now() AS due, error_text, note FROM job_run"
        " WHERE state IN ('queued', 'running', 'waiting')"
    )
    return [f"unfinished: {dict(row)}" for row in runs]


def main() -> int:
    """Read the command line and attack."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="what decides moments and victims; random if left out")
    parser.add_argument("--rounds", type=int, default=10, help="kills in each of the first two attacks")
    parser.add_argument("--seconds", type=float, default=4.0, help="most seconds between seeing work and killing")
    parser.add_argument("--orders", type=int, default=None, help="at most so many orders of the data set")
    parser.add_argument("--parcels", type=int, default=60, help="parcels that leave during the second attack")
    parser.add_argument("--seeds", type=int, default=50, help="seeds of faults and kills in order and inventory runs")
    parser.add_argument("--attack", choices=("import", "push", "runs", "all"), default="all")
    chosen = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    started = time.monotonic()
    violations = attack(
        Plan(
            seed=seed,
            kills=chosen.rounds if chosen.attack in {"import", "all"} else 0,
            push_kills=chosen.rounds if chosen.attack in {"push", "all"} else 0,
            orders=chosen.orders,
            parcels=chosen.parcels if chosen.attack in {"push", "all"} else 0,
            seeds=chosen.seeds if chosen.attack in {"runs", "all"} else 0,
            patience=chosen.seconds,
        )
    )
    for violation in violations:
        say(f"VIOLATION {violation}")
    say(f"Seed {seed}: {len(violations)} violations in {time.monotonic() - started:.0f} s.")
    return 1 if violations else 0


if __name__ == "__main__":
    raise SystemExit(main())
