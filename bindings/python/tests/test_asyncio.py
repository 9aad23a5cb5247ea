"""Runs as an event loop sees them."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from pathlib import Path

import pyetcdplan
import pytest
from conftest import THREE, Dying
from pyetcdplan import Event, GuardRefused, Plan, RunFailed, SimulatedExecutor, Target


def test_a_run_is_awaited_while_the_loop_goes_on(
    plan: Plan, simulated: SimulatedExecutor
) -> None:
    async def main() -> None:
        threads = set()
        turns = 0
        task = asyncio.create_task(
            plan.apply_async(simulated, on_event=lambda _: threads.add(threading.get_ident()))
        )
        while not task.done():
            turns += 1
            await asyncio.sleep(0)
        assert await task and turns > 1
        assert threads == {threading.get_ident()}

    asyncio.run(main())


def test_events_are_iterated(plan: Plan, simulated: SimulatedExecutor) -> None:
    async def main() -> list[Event]:
        return [event async for event in plan.events(simulated)]

    events = asyncio.run(main())
    assert events[0].event == "started"
    assert events[-1].event == "ended" and events[-1].success


def test_what_a_run_raises_is_raised(plan: Plan, simulated: SimulatedExecutor) -> None:
    plan.apply(simulated)
    rebuild = pyetcdplan.plan(THREE, goal="rebuild", extra_vars="etcd_safeguard=true")

    async def main() -> None:
        with pytest.raises(GuardRefused):
            await rebuild.apply_async(simulated)
        with pytest.raises(GuardRefused):
            async for event in rebuild.events(simulated):
                assert event.event != "step_started"
        boom = ValueError("boom")

        def on_event(event: Event) -> None:
            raise boom

        with pytest.raises(ValueError) as raised:
            await plan.apply_async(simulated, on_event=on_event)
        assert raised.value is boom

    asyncio.run(main())
    assert not plan.apply(simulated).changed


def test_a_failed_run_is_raised_behind_its_last_event(real_three: Plan, tmp_path: Path) -> None:
    events: list[Event] = []

    async def main() -> None:
        executor = Dying(tmp_path / "hosts")
        async for event in real_three.events(executor, base_dir=tmp_path):
            events.append(event)

    with pytest.raises(RunFailed, match="the cable was cut") as raised:
        asyncio.run(main())
    assert events[-1].event == "ended" and events[-1].success is False
    assert raised.value.report.failures


class Slow:
    """An executor whose hosts are reached when they are let, and not before."""

    def __init__(self) -> None:
        self.reached = threading.Semaphore(0)
        self.let = threading.Event()

    def connect(self, target: Target) -> pyetcdplan.Session:
        self.reached.release()
        assert self.let.wait(timeout=60)
        raise OSError("let go")


def test_cancelling_stops_the_run_and_waits_for_it(plan: Plan) -> None:
    async def main() -> None:
        executor = Slow()
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(plan.apply_async(executor))
        await loop.run_in_executor(None, executor.reached.acquire)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done(), "hosts are still being reached"
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        executor.let.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        names = [thread.name for thread in threading.enumerate()]
        assert "pyetcdplan" not in names

    asyncio.run(main())


def test_a_timeout_stops_the_run(plan: Plan) -> None:
    async def main() -> None:
        executor = Slow()
        loop = asyncio.get_running_loop()
        # As long as the hosts are not let, there is no other end.
        loop.call_later(0.2, executor.let.set)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(plan.apply_async(executor), timeout=0.05)

    asyncio.run(main())


def test_whoever_leaves_the_events_stops_the_run(
    plan: Plan, simulated: SimulatedExecutor
) -> None:
    async def main() -> None:
        async with aclosing(plan.events(simulated)) as events:
            async for event in events:
                if event.event == "host_read":
                    break
        assert "pyetcdplan" not in [thread.name for thread in threading.enumerate()]

    asyncio.run(main())
    assert plan.apply(simulated)


def test_two_runs_in_one_loop() -> None:
    async def main() -> None:
        plans = [pyetcdplan.plan(THREE.replace("10.10.10", f"10.10.{n}")) for n in range(4)]
        reports = await asyncio.gather(*(p.apply_async(SimulatedExecutor()) for p in plans))
        assert all(reports)

    asyncio.run(main())
