"""Measurements against limits: what passed, what did not and how badly, in sentences for a person.

Limits are apart from measuring, so that a stricter limit needs no take made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Final

from facetake.config import from_table, read_table
from facetake.errors import ConfigError
from facetake.qc.measures import Measured

SHIPPED: Final = Path(__file__).parent / "limits.toml"
LEAST: Final = frozenset({"lips", "emotion", "small", "frozen"})
"""Checks whose value has to reach the limit; that of the others must not exceed it."""
FURTHEST = 9.0  # steps beyond a limit that still count: one check must not drown the others
_SAYS: Final[dict[str, Callable[[Measured], str]]] = {
    "unsealed": lambda one: f"lips stay open at {one.value:.0%} of the p, b and m",
    "toothless": lambda one: f"the lower lip stays off the teeth at {one.value:.0%} of the f and v",
    "silence": lambda one: f"the mouth opens and closes by {one.value:.2f} in silence",
    "clipped": lambda one: f"{one.what} is at the end of its range in {one.value:.0%} of the frames",
    "jitter": lambda one: f"the mouth shakes: its controls move by {one.value:.3f} above 12 Hz",
    "asymmetry": lambda one: f"{one.what} differs from the other side by {one.value:.3f} on average",
    "dead": lambda one: f"{one.value:.0f} controls do not move in speech: {one.what}",
    "still": lambda one: f"speech is heard for {one.value:.1f} s while the mouth hardly moves",
    "small": lambda one: f"the mouth opens and closes by {one.value:.2f} only while somebody speaks",
    "lips": lambda one: (
        f"lips fit the sound hardly better than another moment of it ({one.value:.1f}): is it the right recording?"
    ),
    "lag": lambda one: f"lips are {one.value:.0f} ms {one.what}",
    "emotion": lambda one: f"{one.what} is seen with a probability of {one.value:.2f} only",
    "frozen": lambda one: f"{one.what} is a mask: brows, cheeks and nose move by {one.value:.2f} only",
    "head": lambda one: f"the head stands still for {one.value:.1f} s",
    "shared": lambda one: f"{one.value:.0%} of the other lines blink at the same moments",
    "script": lambda one: f"the line differs from its script in {one.value:.0%} of the words: {one.what}",
    "drift": lambda one: f"{one.what} is {one.value:.3f} away from the approved version on average",
}


@dataclass(frozen=True)
class Limit:
    """What one check allows.

    Attributes:
        limit: the last value that passes.
        step: a value so far beyond the limit counts twice, one two steps beyond three times.
        weight: of the check among the others.
        reason: why it is so.
        usual: what takes of the middle have: from there on one is nearer to the limit.
        on: whether it is made at all.
    """

    limit: float
    step: float
    weight: float
    reason: str
    usual: float = 0.0
    on: bool = True

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        if not isfinite(self.usual):
            raise ConfigError("usual must be a number")
        if not (isfinite(self.limit) and isfinite(self.step) and self.step > 0):
            raise ConfigError("limit must be a number and step one above 0")
        if not (isfinite(self.weight) and self.weight >= 0):
            raise ConfigError("weight must be a number of at least 0")


@dataclass(frozen=True)
class Limits:
    """What every check allows."""

    unsealed: Limit
    toothless: Limit
    silence: Limit
    clipped: Limit
    jitter: Limit
    asymmetry: Limit
    dead: Limit
    small: Limit
    still: Limit
    lips: Limit
    lag: Limit
    emotion: Limit
    frozen: Limit
    head: Limit
    shared: Limit
    script: Limit
    drift: Limit


@dataclass(frozen=True)
class Finding:
    """What became of one check.

    Attributes:
        name: of the check.
        value: what was measured.
        limit: what was allowed.
        passed: whether it is within.
        message: one sentence for a person; empty where it passed.
        at_s: where to look, in seconds.
        score: 0 where it passed; else its weight, times one more for every step beyond the limit.
        near: its weight by how much of the way from what is usual to the limit it is, squared; 0 to its weight.
    """

    name: str
    value: float
    limit: float
    passed: bool
    message: str
    at_s: tuple[float, ...]
    score: float
    near: float = 0.0


@cache
def shipped() -> Limits:
    """The limits that come with Facetake."""
    return load()


def load(path: Path | None = None) -> Limits:
    """Limits from a file, which needs to hold only what differs from the shipped ones.

    Raises:
        ConfigError: the file cannot be read, is no TOML, or says something that is no limit.
    """
    table = read_table(SHIPPED)
    if path is None:
        return from_table(Limits, table, str(SHIPPED))
    for name, own in read_table(path).items():
        known = table.get(name)
        table[name] = {**known, **own} if isinstance(known, dict) and isinstance(own, dict) else own
    return from_table(Limits, table, str(path))


def judge(found: Iterable[Measured], limits: Limits | None = None) -> tuple[Finding, ...]:
    """Every measurement against its limit, the worst first; checks that are off are left out.

    Args:
        found: from `measure`; names that this version does not know are left out.
        limits: None for the shipped ones.
    """
    allowed = shipped() if limits is None else limits
    known = {field.name for field in fields(Limits)}
    judged = [_judged(one, limit) for one in found if one.name in known and (limit := getattr(allowed, one.name)).on]
    return tuple(sorted(judged, key=lambda finding: (-finding.score, finding.name)))


def _judged(one: Measured, limit: Limit) -> Finding:
    beyond = (limit.limit - one.value) if one.name in LEAST else (one.value - limit.limit)
    passed = beyond <= 0.0
    score = 0.0 if passed else limit.weight * (1.0 + min(beyond / limit.step, FURTHEST))
    message = "" if passed else f"{_SAYS[one.name](one)}{_where(one.at_s)}"
    way = (one.value - limit.usual) / (limit.limit - limit.usual) if limit.limit != limit.usual else float(not passed)
    near = limit.weight * min(max(way, 0.0), 1.0) ** 2
    return Finding(one.name, one.value, limit.limit, passed, message, one.at_s, round(score, 4), round(near, 4))


def _where(at_s: tuple[float, ...]) -> str:
    return f" (at {', '.join(f'{time:.2f}' for time in at_s)} s)" if at_s else ""


def score(findings: Iterable[Finding]) -> float:
    """How much a take deserves a look: 0 where every check passed, the more the worse."""
    return round(sum(finding.score for finding in findings), 4)


def nearness(findings: Iterable[Finding]) -> float:
    """How near all checks are to failing: it puts takes of one score in order, those too that pass everything."""
    return round(sum(finding.near for finding in findings), 4)
