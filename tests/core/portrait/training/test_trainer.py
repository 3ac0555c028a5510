"""The course that all portrait trainings share: when it keeps, shows and tells, and that it ends at the same bits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from facetake.networks.optimization import step
from facetake.portrait.training.trainer import Trainer, batches
from facetake.portrait.training.training_dir import Kept


@dataclass(frozen=True)
class Losses:
    """What the training below tells."""

    loss: float


class Course:
    """A small network with dropout, and what became known of its training."""

    def __init__(self) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.network = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.Dropout(0.5), torch.nn.Linear(16, 1))
        self.adam = torch.optim.Adam(self.network.parameters(), 0.1)
        self.events: list[object] = []

    def epoch(self, number: int) -> Losses:
        """One step."""
        given = torch.randn(8, 4, generator=torch.Generator().manual_seed(number))
        return Losses(step(self.network(given).square().mean(), self.adam))

    def picture(self) -> np.ndarray:
        """A preview."""
        self.events.append("preview")
        return np.zeros((4, 4, 3), np.uint8)

    def train(self, folder: Path | None, epochs: int, **how: int) -> Course:
        """To the end."""
        trainer = Trainer(folder=folder, kept=(Kept("net", self.network, self.adam),), epochs=epochs, seed=1, **how)  # type: ignore[arg-type]
        trainer.run(
            self.epoch,
            begin=lambda: self.events.append("begin"),
            preview=self.picture,
            log=lambda done, losses: self.events.append((done, losses.loss > 0.0)),
            progress=self.events.append,
        )
        return self


def files(folder: Path) -> list[str]:
    """The files of a folder, at any depth."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_it_keeps_and_shows_when_it_is_due_and_at_the_end(tmp_path: Path) -> None:
    """Every second epoch is kept, every third shown in a picture, and the last both; all are told in order."""
    course = Course().train(tmp_path, 5, save_every=2, preview_every=3)

    told: list[object] = ["begin"]
    for done in range(1, 6):
        told += [*(["preview"] if done in (3, 5) else []), (done, True), done / 5]
    assert course.events == told
    kept = "kept-net-000005"
    assert files(tmp_path) == [
        f"{kept}/net.json",
        f"{kept}/net.optimizer.safetensors",
        f"{kept}/net.safetensors",
        "net.safetensors",
        "previews/epoch_0003.png",
        "previews/epoch_0005.png",
    ]
    about = json.loads((tmp_path / kept / "net.json").read_text())
    assert about["epoch"] == 5 and about["loss"] > 0.0


@pytest.mark.parametrize("stopped", [1, 2, 3, 4])
def test_dropout_goes_on_to_the_same_weights(tmp_path: Path, stopped: int) -> None:
    """What networks draw depends on the epoch alone: in two goes as in one, whatever else was drawn between them."""
    once = Course().train(tmp_path / "once", 5)
    Course().train(tmp_path / "twice", stopped)
    torch.rand(3)
    again = Course().train(tmp_path / "twice", 5)

    assert "begin" not in again.events
    for name, value in once.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name]), name


def test_nothing_outside_is_seeded(tmp_path: Path) -> None:
    """Training leaves the random numbers of whoever calls it as they were."""
    before = torch.get_rng_state()
    Course().train(tmp_path, 2)

    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_folder_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins anew each time, and writes nothing."""
    monkeypatch.chdir(tmp_path)
    assert Course().train(None, 2).events == ["begin", (1, True), 0.5, (2, True), 1.0]
    assert not files(tmp_path)


def test_short_steps_are_trained_several_at_a_time(tmp_path: Path) -> None:
    """In strides of four, ten steps are begun at 0, 4 and 8, kept after each stride, and counted as steps."""
    course = Course()
    begun = list[int]()

    def learn(first: int) -> None:
        begun.append(first)

    kept = (Kept("net", course.network, course.adam),)
    for _ in range(2):
        Trainer(folder=tmp_path, kept=kept, epochs=10, seed=0, save_every=4, unit="step", stride=4).run(learn)
    assert begun == [0, 4, 8]
    assert json.loads((tmp_path / "kept-net-000010" / "net.json").read_text()) == {"step": 10}


def test_settings_say_how_a_training_goes(tmp_path: Path) -> None:
    """Epochs and what is due come from a network's settings; those without previews get one an epoch, if any."""
    how = SimpleNamespace(epochs=5, save_every=2, preview_every=3)
    assert Trainer.of(tmp_path, (), how, 7) == Trainer(
        folder=tmp_path, kept=(), epochs=5, seed=7, save_every=2, preview_every=3
    )
    assert Trainer.of(None, (), SimpleNamespace(epochs=5, save_every=2), 7, shows=False) == Trainer(
        folder=None, kept=(), epochs=5, seed=7, save_every=2, shows=False
    )


def test_batches_hold_everything_once() -> None:
    """Ten places in batches of about three: each place once, in sizes that differ by one at most; never no batch."""
    parts = batches(10, 3, np.random.default_rng(0))

    assert sorted(np.concatenate(parts)) == list(range(10)) and [len(part) for part in parts] == [4, 3, 3]
    assert [len(part) for part in batches(2, 5, np.random.default_rng(0))] == [2]
