"""Tests of facetake.weights: files in their real layouts are found and read, others get their sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from facetake.errors import ModelError  # noqa: E402
from facetake.weights import KNOWN, VARIABLE, WeightsMissingError, fill, load_tensors, resolve  # noqa: E402


def test_a_missing_network_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the file, what it is for and where to put it, for every network."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name, spec in KNOWN.items():
        with pytest.raises(WeightsMissingError) as caught:
            resolve(name, tmp_path)
        assert all(part in str(caught.value) for part in (name, spec.patterns[0], str(tmp_path), VARIABLE))
    with pytest.raises(ValueError, match="no network is called"):
        resolve("none")


def test_the_folder_given_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is taken from the folder given, else from the one the variable names."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "named"))
    for folder in ("named", "given"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "syncnet_v2.model").write_bytes(b"")
    assert resolve("syncnet", tmp_path / "given") == tmp_path / "given" / "syncnet_v2.model"
    assert resolve("syncnet") == tmp_path / "named" / "syncnet_v2.model"


@pytest.mark.parametrize("wrap", ["plain", "module", "state_dict"])
def test_weights_are_read_and_filled_in(wrap: str, tmp_path: Path) -> None:
    """A saved network comes back bit by bit, however its file wraps it."""
    source, target = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    table = dict(source.state_dict())
    if wrap == "module":
        table = {f"module.{name}": value for name, value in table.items()}
    torch.save({"state_dict": table} if wrap == "state_dict" else table, tmp_path / "a.pth")
    fill(target, load_tensors(tmp_path / "a.pth"), tmp_path / "a.pth")
    assert torch.equal(target.weight, source.weight)
    with pytest.raises(ModelError, match="weight is missing or of another shape"):
        fill(torch.nn.Linear(4, 2), load_tensors(tmp_path / "a.pth"), tmp_path / "a.pth")


def test_files_that_are_no_weights_are_refused(tmp_path: Path) -> None:
    """Text, and a file with anything but tensors in it, are refused without running it."""
    (tmp_path / "a.pth").write_text("no weights")
    with pytest.raises(ModelError, match="read safely"):
        load_tensors(tmp_path / "a.pth")
    torch.save({"epoch": 3}, tmp_path / "b.pth")
    with pytest.raises(ModelError, match="other than named tensors"):
        load_tensors(tmp_path / "b.pth")
