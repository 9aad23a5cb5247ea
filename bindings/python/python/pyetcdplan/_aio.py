"""Runs in a thread of their own, as an event loop sees them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from threading import Thread
from typing import TypeAlias, TypeVar

from . import _native
from ._records import Event
from ._report import Report

T = TypeVar("T")

Tell: TypeAlias = Callable[[T], object]
"""Takes what happens."""

Work: TypeAlias = Callable[[Tell[Event], _native.StopFlag], Report]
"""Carries a plan out: tells events, and stops when the flag is set."""


async def run(work: Work, on_event: Tell[Event] | None) -> Report:
    """Does the work, and calls ``on_event`` in the thread of the loop."""
    events = stream(work)
    report: Report | None = None
    try:
        async for item in events:
            if isinstance(item, Report):
                report = item
            elif on_event is not None:
                on_event(item)
    finally:
        await events.aclose()
    assert report is not None, "the last that comes is the report"
    return report


async def stream(work: Work) -> AsyncGenerator[Event | Report, None]:
    """Does the work, and gives its events and at last its report, or raises what it raised.

    Whoever leaves it stops the work, and waits for its end.
    """
    loop = asyncio.get_running_loop()
    # Without an end: whoever is slow to take events does not hold up hosts that are locked.
    items: asyncio.Queue[Event | Report | BaseException] = asyncio.Queue()
    stop = _native.StopFlag()
    ended = asyncio.Event()

    def put(item: Event | Report | BaseException) -> None:
        loop.call_soon_threadsafe(items.put_nowait, item)

    def target() -> None:
        try:
            try:
                put(work(put, stop))
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                put(error)
            loop.call_soon_threadsafe(ended.set)
        except RuntimeError:
            # The loop was closed before the run had ended, so nobody waits for it.
            pass

    # Not of the loop's executor, whose threads may all be busy. Not a daemon: what hosts are in the
    # middle of is ended before the interpreter is.
    thread = Thread(target=target, name="pyetcdplan")
    thread.start()
    try:
        while True:
            item = await items.get()
            if isinstance(item, BaseException):
                raise item
            yield item
            if isinstance(item, Report):
                return
    finally:
        stop.set()
        try:
            await _until(ended)
        finally:
            thread.join()


async def _until(ended: asyncio.Event) -> None:
    """Waits even when the waiting is cancelled, once or several times; that is raised afterwards."""
    cancelled: asyncio.CancelledError | None = None
    while not ended.is_set():
        try:
            await ended.wait()
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
