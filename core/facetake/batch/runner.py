"""Rows side by side in processes of this machine, each with its models loaded once.

Few rows are handed out ahead, so that memory does not grow with the list. A process that dies takes its row with it:
the rows that ran are then tried one by one, and the one that kills its process again is given up.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any, Final

from facetake.batch.making import BatchSettings, Maker, RowResult
from facetake.batch.row import ManifestRow

AHEAD = 2  # rows waiting for each process, so that none idles
MOST_JOBS: Final = 61 if sys.platform == "win32" else sys.maxsize  # processes that Windows lets one wait for
LOOK_S: Final = 0.5  # between looks at signals, which on Windows wait for a process that waits
_maker: Maker | None = None


def default_jobs() -> int:
    """As many processes as this machine has cores for us."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, MOST_JOBS)


def local(
    rows: Sequence[ManifestRow], settings: BatchSettings, jobs: int | None, stop: threading.Event
) -> Iterator[RowResult]:
    """Makes rows, in the order in which they end.

    Args:
        rows: checked rows; the longest should come first, so that none straggles.
        settings: of the batch.
        jobs: processes, at least 1; by default one for each core.
        stop: once set no more rows are begun; those that run are finished.
    """
    left = deque(rows)
    suspects = deque[ManifestRow]()
    while (left or suspects) and not stop.is_set():
        alone = bool(suspects)
        queue, count = (suspects, 1) if alone else (left, jobs or default_jobs())
        lost = yield from _until_broken(queue, settings, count, stop, alone=alone)
        if alone and lost:
            yield RowResult(lost[0].id, f"{lost[0].audio}: the process that made it died twice; was it out of memory?")
            lost = lost[1:]
        suspects.extend(lost)


def _until_broken(
    queue: deque[ManifestRow], settings: BatchSettings, jobs: int, stop: threading.Event, *, alone: bool
) -> Generator[RowResult, None, list[ManifestRow]]:
    """Makes rows of a queue until it is empty or a process dies; returns the rows that ran then."""
    running: dict[Future[RowResult], ManifestRow] = {}
    lost: list[ManifestRow] = []
    pool = _pool(settings, min(jobs, len(queue), MOST_JOBS))
    try:
        while queue or running:
            while queue and not stop.is_set() and len(running) < (1 if alone else jobs * AHEAD):
                with _undisturbed():
                    future = pool.submit(_make, queue[0])  # which raises where a process has died meanwhile
                running[future] = queue.popleft()
            if not running:
                break
            ended, _ = wait(running, LOOK_S, FIRST_COMPLETED)
            for future in ended:
                row = running.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    lost.append(row)
            if lost:
                lost += running.values()
                break
    except BrokenProcessPool:  # while one was handed out
        lost += running.values()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return lost


def _pool(settings: BatchSettings, jobs: int) -> ProcessPoolExecutor:
    """Processes begun anew instead of copied, as threads of the models do not survive a copy."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    return ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_begin, initargs=(settings,)
    )


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keeps Ctrl-C from a process that begins here, until it has come to ignore it; this one hears it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        console = _console()
        console.SetConsoleCtrlHandler(None, True)  # processes that begin meanwhile are deaf to it for ever
        try:
            yield
        finally:
            console.SetConsoleCtrlHandler(None, False)
        return
    resource_tracker.ensure_running()  # begun later, it would let go of the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _console() -> Any:
    """The part of Windows that says who hears Ctrl-C."""
    import ctypes

    return ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]


def _begin(settings: BatchSettings) -> None:
    """In each process: Ctrl-C is the parent's to handle, and when the parent dies, so does this process."""
    global _maker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive, args=(parent,), daemon=True).start()
    _maker = Maker(settings)


def _outlive(parent: Any) -> None:
    """Waits for the parent's death; a process of the pool would otherwise wait for work for ever."""
    parent.join()
    os._exit(1)


def _make(row: ManifestRow) -> RowResult:
    assert _maker is not None
    return _maker.make(row)
