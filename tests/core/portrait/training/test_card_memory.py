"""A card whose memory is full, which is simulated: networks learn on the processor and say that it does not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from facetake.cli import main
from facetake.errors import Notice, PortraitError
from facetake.networks.optimization import step
from facetake.portrait.training.trainer import Trainer, batches
from facetake.portrait.training.training_dir import Kept

COUNT = 16


class Small:
    """A small network on a card that holds `most` rows at a time."""

    def __init__(self, most: int) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.network = torch.nn.Linear(4, 1)
        self.adam = torch.optim.Adam(self.network.parameters(), 0.1)
        self.most = most
        self.sizes: list[int] = []

    def train(self, batch: int, epochs: int = 2) -> Small:
        """Trains by batches of `batch` rows."""
        trainer = Trainer(folder=None, kept=(Kept("net", self.network, self.adam),), epochs=epochs, seed=1)
        trainer.run(lambda epoch: self._epoch(batch, epoch))
        return self

    def _epoch(self, batch: int, number: int) -> None:
        given = torch.randn(COUNT, 4, generator=torch.Generator().manual_seed(number))
        for place, rows in enumerate(batches(COUNT, batch, np.random.default_rng(number))):
            if len(rows) > self.most and place:  # the first one just fits, so that weights have moved by then
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 8 GiB")
            self.sizes.append(len(rows))
            step(self.network(given[rows]).square().mean(), self.adam)


def test_what_does_not_fit_is_learnt_by_smaller_batches() -> None:
    """Batches are halved until they fit, which is told; weights are those of such batches from the beginning."""
    with pytest.warns(Notice) as told:
        found = Small(2).train(8)
    says = "the card's memory is full; it learns from batches 1/{} as large from here on"
    assert [str(one.message) for one in told] == [says.format(2), says.format(4)]
    assert found.sizes == [8, 4, *[2] * 16]
    wanted = Small(2).train(2)
    assert torch.equal(found.network.weight, wanted.network.weight)


def test_where_nothing_fits_it_is_said() -> None:
    """A card that does not hold a single row is named with what to do; the next training begins with whole batches."""
    with pytest.warns(Notice), pytest.raises(PortraitError, match=r"does not hold this training .*or add --device cpu"):
        Small(0).train(2)
    assert Small(8).train(8).sizes == [8] * 4


@pytest.mark.parametrize("action", ["train", "render"])
def test_the_commands_say_it_in_a_sentence(
    action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Memory that is full anywhere else in a command is one sentence, and nothing unforeseen."""

    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 8 GiB")

    monkeypatch.setattr(f"facetake.portrait.audiodvp.system.AudioDvp.{action}", full)
    where = {
        "train": [str(tmp_path), "-o", str(tmp_path / "run")],
        "render": [str(tmp_path), str(tmp_path), "--audio", "a.wav", "-o", str(tmp_path / "a.mp4")],
    }
    assert main(["portrait", action, "audiodvp", *where[action]]) == 2
    said = capsys.readouterr().err
    assert "the card's memory is full (CUDA out of memory); close what else uses the card" in said
    assert said.count("\n") == 1
