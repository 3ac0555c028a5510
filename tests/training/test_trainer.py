"""The course that all runs share: where they go on, when a checkpoint is due, and their tables of scores."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from facetake_training import checkpoint  # noqa: E402  after the skip
from facetake_training.trainer import log_row, resume, steps  # noqa: E402


def test_a_run_goes_on_with_its_step_and_its_best_score(tmp_path: Path) -> None:
    """Nothing yet is step 0 and the worst score; a checkpoint fills the network and tells both, endless scores too."""
    kept, again = (torch.nn.Linear(2, 1) for _ in range(2))
    assert resume(tmp_path, "last", again, torch.optim.Adam(again.parameters())) == (0, math.inf)
    for best in (0.25, math.inf):
        checkpoint.save(tmp_path, "last", kept, torch.optim.Adam(kept.parameters()), {"step": 7, "best": best})
        assert resume(tmp_path, "last", again, torch.optim.Adam(again.parameters())) == (7, best)
    assert torch.equal(again.weight, kept.weight)
    checkpoint.save(tmp_path, "last", kept, torch.optim.Adam(kept.parameters()), {"step": 8})
    assert resume(tmp_path, "last", again, torch.optim.Adam(again.parameters()), worst=-math.inf) == (8, -math.inf)


@dataclass(frozen=True)
class _Data:
    """What a run learns from."""

    sources: tuple[str, ...]


@dataclass(frozen=True)
class _Settings:
    """A run's, as trainers have them."""

    out: Path
    data: _Data
    rate: float = 1e-3
    steps: int = 7
    best: float = math.inf


def test_a_run_that_goes_on_with_other_settings_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a run learns is told where it changed since; how long it learns, and a setting that is new, are not."""
    network = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(network.parameters())
    begun = _Settings(tmp_path, _Data(("a",)))
    kept = {name: value for name, value in asdict(begun).items() if name != "best"}
    resume(tmp_path, "last", network, optimizer, config=begun)
    assert capsys.readouterr().out == ""
    checkpoint.save(tmp_path, "last", network, optimizer, {"step": 7, "config": kept})

    resume(tmp_path, "last", network, optimizer, config=replace(begun, steps=9, best=1.0))
    assert capsys.readouterr().out == f"{tmp_path}: goes on after round 7\n"
    resume(tmp_path, "last", network, optimizer, config=replace(begun, data=_Data(("a", "b")), rate=0.5))
    told = capsys.readouterr().out
    assert (
        "after round 7, but with other settings: data.sources was ['a'], is ['a', 'b']; rate was 0.001, is 0.5;" in told
    )


def test_a_checkpoint_is_due_every_so_often_and_at_the_end() -> None:
    """Counted from the run's beginning, wherever it goes on; a run that is done has no steps."""
    assert list(steps(0, 5, 2)) == [(0, False), (1, True), (2, False), (3, True), (4, True)]
    assert list(steps(2, 5, 3)) == [(2, True), (3, False), (4, True)]
    assert list(steps(5, 5, 2)) == []


def test_a_table_is_begun_once(tmp_path: Path) -> None:
    """The names of columns stand first, and rows are added to what is there, in a folder made for it."""
    for step in (2, 4):
        log_row(tmp_path / "run" / "log.csv", {"step": step, "loss": f"{1 / step:.5f}"})

    assert (tmp_path / "run" / "log.csv").read_text().splitlines() == ["step,loss", "2,0.50000", "4,0.25000"]
