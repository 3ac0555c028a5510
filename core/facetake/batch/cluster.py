"""Rows on a Ray cluster: an actor a core, each with its models loaded once.

Every node needs this version of Facetake and sees recordings, models and the folder of results under the same paths, as
on a farm. Needs the `ray` extra. An actor has one row at a time, so that a dead actor tells which row it ran: that row
is made anew elsewhere, and given up when it has killed three actors. Scheduling is Ray's.
"""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from facetake import __version__
from facetake.batch.making import BatchSettings, Maker, RowResult, model_hashes
from facetake.batch.row import ManifestRow
from facetake.errors import BatchError, FacetakeError, sentence

DEATHS = 3  # of actors by one row
ANSWER_S = 5.0  # for an address to take a connection
CONNECT_S = 45.0  # for a cluster to let us in; after a minute Ray would end the process by itself
PATIENCE_S = 300.0  # without any actor: a cluster may be bringing up machines
GLANCE_S = 0.5  # between two looks at whether to stop


class Ray:
    """The engine `--engine ray`."""

    def __init__(self, address: str | None = None) -> None:
        """Remembers where the cluster is.

        Args:
            address: host:port of its head, ray://host:port, or "auto"; None starts one on this machine.
        """
        self._address = address

    def __call__(
        self, rows: Sequence[ManifestRow], settings: BatchSettings, jobs: int | None, stop: threading.Event
    ) -> Iterator[RowResult]:
        """Makes rows, in the order in which they end.

        Args:
            rows: checked rows; the longest should come first.
            settings: of the batch.
            jobs: actors, by default one for each core of the cluster.
            stop: once set no more rows are begun; those that run are finished.

        Raises:
            BatchError: Ray is not installed, the cluster does not answer or is lost, or a node has another Facetake.
        """
        if not rows:
            return
        ray = _connect(self._address)
        try:
            count = jobs or int(ray.cluster_resources().get("CPU", 0)) or 1
            yield from _Crew(ray, settings, rows).work(min(count, len(rows)), stop)
        except (ray.exceptions.RaySystemError, ConnectionError) as error:
            raise BatchError(f"lost the Ray cluster ({_first(error)}); run the same command again to go on") from error
        finally:
            ray.shutdown()


def _connect(address: str | None) -> Any:
    """The `ray` module, connected. Raises BatchError."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing goes to the network unasked
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # what newer versions do anyway; unset, it warns
    try:
        import ray
    except ImportError as error:
        raise BatchError("--engine ray needs Ray; run: pip install 'facetake[ray]'") from error
    if address and address != "auto":
        _knock(address)
    found: list[BaseException | None] = []
    if address is None:
        _ask(ray, address, found)  # in this thread, as the processes of a cluster end with the thread that began them
    else:
        asking = threading.Thread(target=_ask, args=(ray, address, found), daemon=True)
        asking.start()
        asking.join(CONNECT_S)  # where something listens that is not Ray, it would try for minutes
    where = f"at {address} " if address else ""
    if not found:
        raise BatchError(f"no Ray cluster {where}answered within {CONNECT_S:.0f} seconds; check --address")
    if found[0] is not None:
        raise BatchError(f"no Ray cluster {where}can be used ({_first(found[0])}); check --address") from found[0]
    return ray


def _ask(ray: Any, address: str | None, found: list[BaseException | None]) -> None:
    own = {"address": "local", "include_dashboard": False} if address is None else {"address": address}
    try:
        ray.init(log_to_driver=False, logging_level="ERROR", **own)
    except Exception as error:  # Ray raises many kinds, and means by all of them that there is no cluster
        found.append(error)
    else:
        found.append(None)


def _knock(address: str) -> None:
    """Whether anything listens there. Raises BatchError."""
    place = re.fullmatch(r"(?:ray://)?(\[[^\]]+\]|[^:/\s]+):(\d{1,5})", address)
    if not place:
        raise BatchError(f"--address {address}: write host:port, as 'ray start --head' prints it, or auto")
    try:
        socket.create_connection((place[1].strip("[]"), int(place[2])), ANSWER_S).close()
    except (OSError, OverflowError) as error:
        raise BatchError(
            f"nothing answers at {address} ({error}); is the cluster's head running there ('ray start --head')?"
        ) from error


def _first(error: BaseException) -> str:
    """The first line of an error that says something; Ray's are long."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line for line in lines if line), type(error).__name__)


class Hand:
    """An actor: makes one row after another on some node."""

    def __init__(self, settings: BatchSettings, where: Path) -> None:
        """Keeps settings and the commanding process's folder; `greet` uses them, so that what is wrong can be told."""
        self._settings = settings
        self._where = where
        self._maker: Maker | None = None

    def greet(self) -> tuple[str, dict[str, str], str]:
        """Loads the models; gives this node's version, its models' hashes, and what is wrong, or an empty text."""
        try:
            os.chdir(self._where)  # so that relative paths mean the same, and stand the same in takes
            self._settings.folder.stat()
            self._maker = Maker(self._settings)
            return __version__, model_hashes(self._settings.model), ""
        except OSError as error:
            return __version__, {}, f"it does not see {error.filename}, which has to be shared under the same path"
        except FacetakeError as error:
            return __version__, {}, sentence(error)

    def make(self, row: ManifestRow) -> RowResult:
        """Makes a row."""
        assert self._maker is not None
        return self._maker.make(row)


class _Crew:
    """The actors of one run and the rows between them."""

    def __init__(self, ray: Any, settings: BatchSettings, rows: Sequence[ManifestRow]) -> None:
        self._ray = ray
        self._settings = settings
        self._queue = deque(rows)
        self._hashes = model_hashes(settings.model)
        self._joining: dict[Any, Any] = {}  # greeting -> actor
        self._running: dict[Any, tuple[Any, ManifestRow]] = {}  # result -> actor and its row
        self._deaths: Counter[str] = Counter()
        self._last_seen = time.monotonic()

    def work(self, count: int, stop: threading.Event) -> Iterator[RowResult]:
        """Everything."""
        for _ in range(count):
            self._hire()
        while self._running or (self._queue and not stop.is_set()):
            ended, _ = self._ray.wait([*self._running, *self._joining], timeout=GLANCE_S)
            for one in ended:
                if one in self._joining:
                    self._welcome(one, stop)
                else:
                    yield from self._take(one, stop)
            self._despair()

    def _hire(self) -> None:
        actor = self._ray.remote(num_cpus=1, max_restarts=0)(Hand).remote(self._settings, Path.cwd())
        self._joining[actor.greet.remote()] = actor

    def _welcome(self, greeting: Any, stop: threading.Event) -> None:
        """Takes an actor up, or another in its place where its node is gone already."""
        actor = self._joining.pop(greeting)
        try:
            version, hashes, problem = self._ray.get(greeting)
        except self._ray.exceptions.ActorDiedError as error:
            if "ModuleNotFoundError" not in str(error):  # its node is gone
                self._hire()
                return
            raise BatchError("a node of the cluster has no Facetake; install it on every node") from error
        if version != __version__ or problem or hashes != self._hashes:
            other = f"it has Facetake {version} and its models, this machine {__version__}; install the same everywhere"
            what = problem or other
            raise BatchError(f"a node of the cluster cannot make these takes: {what}")
        self._next(actor, stop)

    def _take(self, result: Any, stop: threading.Event) -> Iterator[RowResult]:
        """What became of a row."""
        actor, row = self._running.pop(result)
        try:
            made = self._ray.get(result)
        except self._ray.exceptions.RayActorError:
            yield from self._lost(row)
            return
        self._next(actor, stop)
        yield made

    def _lost(self, row: ManifestRow) -> Iterator[RowResult]:
        """A row whose actor died with it: first in line again, or given up."""
        self._deaths[row.id] += 1
        self._hire()
        if self._deaths[row.id] < DEATHS:
            self._queue.appendleft(row)
        else:
            what = f"the worker that made it died {DEATHS} times; was it out of memory?"
            yield RowResult(row.id, f"{row.audio}: {what}")

    def _next(self, actor: Any, stop: threading.Event) -> None:
        """Gives an actor its next row; without one it is let go, and its core with it."""
        self._last_seen = time.monotonic()
        if self._queue and not stop.is_set():
            row = self._queue.popleft()
            self._running[actor.make.remote(row)] = (actor, row)

    def _despair(self) -> None:
        if not self._running and time.monotonic() - self._last_seen > PATIENCE_S:
            raise BatchError(
                f"the Ray cluster has given no core for {PATIENCE_S / 60:.0f} minutes; "
                "see 'ray status', and run the same command again to go on"
            )
