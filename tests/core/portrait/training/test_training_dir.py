"""What a training keeps to go on from is of one moment, whenever it is killed; what early versions kept is read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import held_files
import pytest

torch = pytest.importorskip("torch")

from facetake.errors import ModelError, PortraitError  # noqa: E402  after the skip
from facetake.networks import checkpoint  # noqa: E402
from facetake.portrait.training.trainer import Trainer  # noqa: E402
from facetake.portrait.training.training_dir import Kept, fill, forget, keep, resume  # noqa: E402

EPOCHS = 5


class Killed(BaseException):
    """The process is gone."""


class Pair:
    """Two networks that learn from each other, so that one of another epoch shows in both."""

    def __init__(self) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.made = torch.nn.Linear(3, 2)
            self.judge = torch.nn.Linear(2, 1)
        self.adams = [torch.optim.Adam(network.parameters(), 0.1) for network in (self.made, self.judge)]

    @property
    def kept(self) -> tuple[Kept, Kept]:
        """Both, as they are kept."""
        return Kept("made", self.made, self.adams[0]), Kept("made_judge", self.judge, self.adams[1])

    def epoch(self, number: int) -> None:
        """One step of each, towards and away from each other."""
        given = torch.randn(4, 3, generator=torch.Generator().manual_seed(number))
        for adam, sign in zip(self.adams, (1.0, -1.0), strict=True):
            adam.zero_grad()
            torch.autograd.backward(sign * torch.tanh(self.judge(torch.tanh(self.made(given)))).mean())
            adam.step()

    def train(self, folder: Path) -> int:
        """To the end; the epoch it went on from."""
        numbers: list[int] = []

        def learn(number: int) -> None:
            numbers.append(number)
            self.epoch(number)

        Trainer(folder=folder, kept=self.kept, epochs=EPOCHS, seed=0).run(learn)
        return numbers[0] if numbers else EPOCHS

    def same(self, other: Pair) -> bool:
        """Whether both are alike to the bit, optimisers as well."""
        mine, theirs = ([one.network.state_dict() for one in pair.kept] for pair in (self, other))
        moments = [[state["exp_avg"] for state in adam.state.values()] for pair in (self, other) for adam in pair.adams]
        return all(torch.equal(a[key], b[key]) for a, b in zip(mine, theirs, strict=True) for key in a) and all(
            torch.equal(a, b) for k in (0, 1) for a, b in zip(moments[k], moments[2 + k], strict=True)
        )


def kill_before(patch: pytest.MonkeyPatch, number: int) -> None:
    """Whatever touches files dies before its `number`-th deed; files are written half."""
    deeds = iter(range(10_000))

    def mortal(deed: Callable[..., Any]) -> Callable[..., Any]:
        def done(*given: Any, **named: Any) -> Any:
            if next(deeds) == number:
                raise Killed
            return deed(*given, **named)

        return done

    for owner, name in (
        (Path, "write_bytes"),
        (Path, "replace"),
        (Path, "rename"),
        (Path, "write_text"),
        (Path, "unlink"),
        (shutil, "copyfile"),
        (shutil, "rmtree"),
    ):
        patch.setattr(owner, name, mortal(getattr(owner, name)))


def test_whenever_a_training_is_killed_it_ends_alike(tmp_path: Path) -> None:
    """Killed between any two deeds of all its savings and begun again, it ends at the bits of a training in one go."""
    once = Pair()
    went_on = set[int]()
    number = -1
    was_killed = True
    once.train(tmp_path / "once")
    while was_killed:
        number = number + 1
        was_killed = False
        folder = tmp_path / str(number)
        again = Pair()
        with pytest.MonkeyPatch.context() as patch:
            kill_before(patch, number)
            try:
                Pair().train(folder)
            except Killed:
                was_killed = True
        went_on.add(again.train(folder))
        shown = torch.nn.Linear(3, 2)
        fill(folder, {"made": shown})
        assert again.same(once) and torch.equal(shown.weight, once.made.weight), number
        assert sorted(path.name for path in folder.iterdir()) == ["kept-made-000005", "made.safetensors"], number
    assert went_on == set(range(EPOCHS + 1)) and number > 50


def test_one_killed_before_its_last_network_is_shown(tmp_path: Path) -> None:
    """What was kept after the last epoch is shown when the training is called again, though nothing is left to do."""
    pair = Pair()
    pair.epoch(0)
    keep(tmp_path, pair.kept, {"epoch": EPOCHS})
    again = Pair()
    shown = torch.nn.Linear(3, 2)
    with pytest.raises(PortraitError, match=r"no made\.safetensors yet"):
        fill(tmp_path, {"made": shown})

    assert again.train(tmp_path) == EPOCHS
    fill(tmp_path, {"made": shown})
    assert torch.equal(shown.weight, pair.made.weight)


def kept_apart(folder: Path, *, numbers: tuple[int, int], name: str = "epoch") -> None:
    """A folder as early versions left it, trained for so many epochs."""
    for which, number in enumerate(numbers):
        pair = Pair()
        for epoch in range(number):
            pair.epoch(epoch)
        one = pair.kept[which]
        checkpoint.save(folder, one.name, one.network, one.optimizer, {name: number})


@pytest.mark.parametrize("name", ["epoch", "step"])
def test_a_training_of_an_early_version_goes_on(tmp_path: Path, name: str) -> None:
    """It goes on from networks that were kept apart, to the bits of one go, and keeps them together from then on."""
    once = Pair()
    again = Pair()
    once.train(tmp_path / "once")
    kept_apart(tmp_path / "old", numbers=(2, 2), name=name)

    assert again.train(tmp_path / "old") == 2 and again.same(once)
    assert sorted(path.name for path in (tmp_path / "old").iterdir()) == ["kept-made-000005", "made.safetensors"]


@pytest.mark.parametrize("numbers", [(1, 2), (0, 1)])
def test_networks_of_two_moments_are_refused(tmp_path: Path, numbers: tuple[int, int]) -> None:
    """Where an early version was killed between two networks, one sentence says so, and nothing is changed."""
    kept_apart(tmp_path, numbers=numbers)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(PortraitError, match=r"two moments \(made after \d, made_judge after \d\); train again"):
        Pair().train(tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_kept_can_be_forgotten(tmp_path: Path) -> None:
    """Names do not get into each other's way, and what is told of a moment can be read."""
    pair = Pair()
    other = Kept("made-up", torch.nn.Linear(1, 1), torch.optim.Adam([torch.zeros(1)]))
    keep(tmp_path, pair.kept, {"epoch": 3, "loss": 0.5})
    keep(tmp_path, (other,), {"step": 1_234_567})
    assert json.loads((tmp_path / "kept-made-000003" / "made.json").read_text())["loss"] == 0.5

    forget(tmp_path, "made")
    assert resume(tmp_path, pair.kept) == 0 and resume(tmp_path, (other,)) == 1_234_567


def test_a_network_that_cannot_go_on_is_not_trained_over(tmp_path: Path) -> None:
    """Where what is needed to go on was taken away, training anew would lose the network: it is refused."""
    Pair().train(tmp_path)
    forget(tmp_path, "made")
    before = (tmp_path / "made.safetensors").read_bytes()
    with pytest.raises(PortraitError, match="has made.safetensors, but nothing to go on from .kept-made-"):
        Pair().train(tmp_path)
    assert (tmp_path / "made.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("0.step", lambda one: one * 0 - 1e30),
        ("0.step", lambda one: one * float("nan")),
        ("0.step", lambda one: one.expand(6).clone()),
        ("0.exp_avg", lambda one: one * float("inf")),
        ("0.exp_avg", lambda one: one.mean()),
        ("0.exp_avg", lambda one: one > 0.0),
        ("0.exp_avg_sq", lambda one: one.to(torch.int64)),
    ],
)
def test_moments_that_no_training_has_are_refused(name: str, change: Callable[[Any], Any], tmp_path: Path) -> None:
    """Steps below zero or of several numbers, and moments that are none or of another size, end in words."""
    from safetensors.torch import load_file, save_file

    pair = Pair()
    pair.epoch(0)
    keep(tmp_path, pair.kept, {"epoch": 1})
    (path,) = tmp_path.glob("kept-*/made.optimizer.safetensors")
    moments = load_file(path)
    moments[name] = change(moments[name])
    save_file(moments, path)
    with pytest.raises(ModelError, match="damaged"):
        resume(tmp_path, Pair().kept)


@pytest.mark.skipif(not held_files.are_known(), reason="this system does not tell which files are open")
def test_what_was_gone_on_from_can_go(tmp_path: Path) -> None:
    """After going on nothing holds the files that were read, which Windows then lets the next moment replace."""
    first = Pair()
    first.epoch(0)
    keep(tmp_path, first.kept, {"epoch": 1})
    second = Pair()
    assert resume(tmp_path, second.kept) == 1
    assert not held_files.is_held(tmp_path)
    second.epoch(1)
    keep(tmp_path, second.kept, {"epoch": 2})
    assert [path.name for path in tmp_path.glob("kept-*")] == ["kept-made-000002"]
