"""Every door holds against some thousand hostile inputs, the same each time; `python tests/fuzz` tries as many more."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from attack.doors import doors
from attack.runner import Attack, Score, chunks, shares

CASES = int(os.environ.get("FACETAKE_ATTACK_CASES", "3000"))
"""Over all doors: a minute's worth."""
SEED = 0

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory and crashes are told by Linux")


@pytest.fixture(scope="module")
def scores() -> Iterator[dict[str, Score]]:
    """How every door ends, all tried in one process after the other."""
    with Attack(seed=SEED, jobs=1) as attack:
        attack.run(iter(chunks(shares(attack.weights, CASES))))
        yield attack.scores


@pytest.mark.parametrize("name", doors())
def test_a_door_holds(name: str, scores: dict[str, Score]) -> None:
    """No hostile input gets past the promise, and the attack is one: some are taken, and some refused."""
    score = scores[name]
    if score.skipped and not score.falls:
        pytest.skip(score.skipped)
    told = [f"python tests/fuzz --door {name} --replay {one.seed}:{one.number}: {one.why}" for one in score.falls]
    assert not told, "\n".join(told)
    assert score.cases >= CASES * 0.005
    assert score.accepted and (score.refused or name in ("requests", "commands")), "it tries nothing that matters"
