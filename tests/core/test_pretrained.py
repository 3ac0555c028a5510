"""Tests of facetake.pretrained: files are found and read safely, others get their sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from facetake.errors import ModelError  # noqa: E402
from facetake.pretrained import KNOWN, VARIABLE, WeightsMissingError, fill, load_tensors, resolve  # noqa: E402

# The house forbids pickle in the engine; the tests write files with it, as others do
pickle: Any = __import__("pickle")


@pytest.fixture(autouse=True)
def nothing_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folders of whoever runs the tests hold none of this."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)


def test_a_missing_network_says_what_to_do(tmp_path: Path) -> None:
    """The sentence names the file, where it is found, its licence, what it is for and where to put it."""
    for name, entry in KNOWN.items():
        with pytest.raises(WeightsMissingError) as caught:
            resolve(name, tmp_path)
        parts = (name, entry.files[0], entry.found_at, entry.licence, entry.needed_for, str(tmp_path), VARIABLE)
        assert [part for part in parts if part not in str(caught.value)] == []
    with pytest.raises(ValueError, match="no network is called"):
        resolve("none")


def test_the_folder_given_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is taken from the folder given, else from the one the variable names, else from the cache."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "named"))
    for folder in ("named", "given", "cache/facetake/weights"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "syncnet_v2.model").write_bytes(b"")
    assert resolve("syncnet", tmp_path / "given") == tmp_path / "given" / "syncnet_v2.model"
    assert resolve("syncnet") == tmp_path / "named" / "syncnet_v2.model"
    monkeypatch.delenv(VARIABLE)
    assert resolve("syncnet") == tmp_path / "cache/facetake/weights" / "syncnet_v2.model"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A misspelt folder is an error of its own, not a missing network that goes unnoticed."""
    with pytest.raises(ModelError, match="no folder") as caught:
        resolve("syncnet", tmp_path / "wieghts")
    assert not isinstance(caught.value, WeightsMissingError)


@pytest.mark.parametrize("wrap", ["plain", "module", "state_dict", "pickled"])
def test_weights_are_read_and_filled_in(wrap: str, tmp_path: Path) -> None:
    """A saved network comes back bit by bit, however its file wraps it."""
    source = torch.nn.Linear(3, 2)
    target = torch.nn.Linear(3, 2)
    path = tmp_path / "a.pth"
    table = dict(source.state_dict())
    if wrap == "module":
        table = {f"module.{name}": value for name, value in table.items()}
    if wrap == "pickled":
        path = tmp_path / "a.pkl"
        path.write_bytes(pickle.dumps({name: value.numpy() for name, value in table.items()}, 2))
    else:
        torch.save({"state_dict": table} if wrap == "state_dict" else table, path)
    fill(target, load_tensors(path), path)
    assert torch.equal(target.weight, source.weight) and torch.equal(target.bias, source.bias)


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    """Other shapes, missing tensors and tensors left over are each named; what is known to be unused is not."""
    tensors = dict(torch.nn.Linear(3, 2).state_dict())
    with pytest.raises(ModelError, match="weight missing in it or of another shape"):
        fill(torch.nn.Linear(4, 2), tensors, tmp_path / "a.pth")
    more = {**tensors, "fc.weight": torch.zeros(1)}
    with pytest.raises(ModelError, match="also holds fc.weight"):
        fill(torch.nn.Linear(3, 2), more, tmp_path / "a.pth")
    fill(torch.nn.Linear(3, 2), more, tmp_path / "a.pth", unused=("fc.",))


def test_batches_need_not_be_counted(tmp_path: Path) -> None:
    """Files of old versions of torch lack a counter that nothing is calculated from."""
    norm = torch.nn.BatchNorm1d(2)
    tensors = {name: value + 1.0 for name, value in norm.state_dict().items() if "num_batches" not in name}
    fill(norm, tensors, tmp_path / "a.pth")
    assert torch.equal(norm.running_var, torch.full((2,), 2.0))


class Bomb:
    """Something whose unpickling writes a file."""

    def __init__(self, mark: Path) -> None:
        """Writes `mark` when unpickled."""
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        """What a pickle would run."""
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("suffix", [".pth", ".pkl"])
def test_nothing_in_a_file_runs(suffix: str, tmp_path: Path) -> None:
    """A file that would run something is refused, and it does not run."""
    path = tmp_path / f"a{suffix}"
    mark = tmp_path / "ran"
    if suffix == ".pth":
        torch.save({"a": Bomb(mark)}, path)
    else:
        path.write_bytes(pickle.dumps({"a": Bomb(mark)}))
    with pytest.raises(ModelError):
        load_tensors(path)
    assert not mark.exists()


def test_files_that_are_no_weights_are_refused(tmp_path: Path) -> None:
    """Text, and files with anything but tensors in them, are told apart from networks."""
    (tmp_path / "a.pth").write_text("no weights")
    with pytest.raises(ModelError, match="read safely"):
        load_tensors(tmp_path / "a.pth")
    torch.save({"epoch": 3}, tmp_path / "b.pth")
    with pytest.raises(ModelError, match="other than named tensors"):
        load_tensors(tmp_path / "b.pth")
    (tmp_path / "c.pkl").write_bytes(pickle.dumps([np.zeros(3)]))
    with pytest.raises(ModelError, match="other than named tensors"):
        load_tensors(tmp_path / "c.pkl")


def test_arrays_of_any_order_of_bytes_and_no_numbers(tmp_path: Path) -> None:
    """Numbers of another machine's order are read; an array of text is refused in words."""
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"weight": np.arange(3.0).astype(">f4")}, 2))
    assert load_tensors(path)["weight"].tolist() == [0.0, 1.0, 2.0]
    path.write_bytes(pickle.dumps({"weight": np.array(["a"])}, 2))
    with pytest.raises(ModelError, match="not of numbers"):
        load_tensors(path)
