"""Face models of the user's own, damaged: opened for what they still are, or refused in one sentence.

`FACETAKE_FUZZ_CASES` raises the number of cases that a file gets (30 by default).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch comes with the train and portrait extras")

from damage import damaged, refused_in_words, respelt  # noqa: E402
from others import bfm_front, flame_arrays, flame_embedding, flame_npz, ict_folder  # noqa: E402

from facetake.errors import ModelError  # noqa: E402
from facetake.files import apart  # noqa: E402
from facetake.portrait.capture.posed_face import open_face  # noqa: E402
from facetake.safe_pickle import read  # noqa: E402

pickle: Any = __import__("pickle")  # the house forbids it in the engine; FLAME's own files are made with it
CASES = int(os.environ.get("FACETAKE_FUZZ_CASES", "30"))


def flame_pkl(folder: Path) -> Path:
    """FLAME as published."""
    (folder / "flame.pkl").write_bytes(pickle.dumps(flame_arrays(), 2))
    flame_embedding(folder)
    return folder / "flame.pkl"


def made(name: str, folder: Path) -> tuple[Path, str]:
    """A file of a face model, and how the model is asked for."""
    if name == "bfm":
        return bfm_front(folder / "BFM_model_front.mat"), f"bfm:{folder / 'BFM_model_front.mat'}"
    if name.startswith("ict"):
        return ict_folder(folder) / name.partition("/")[2], f"ict:{folder}"
    path = flame_npz(folder) if name == "flame.npz" else flame_pkl(folder)
    return folder / name.partition("/")[2] if "/" in name else path, f"flame:{path}"


@pytest.mark.parametrize(
    "name",
    [
        "flame.npz",
        "flame.pkl",
        "flame/mediapipe_landmark_embedding.npz",
        "bfm",
        "ict/generic_neutral_mesh.obj",
        "ict/vertex_indices.json",
    ],
)
def test_a_damaged_model_is_refused_in_words(name: str, tmp_path: Path) -> None:
    """Cut, flipped, spoilt and repeated files of every layout."""
    path, asked = made(name, tmp_path)
    assert not refused_in_words(lambda: open_face(asked), path)
    whole = path.read_bytes()
    refused = []
    for content in damaged(whole, CASES):
        path.write_bytes(content)
        refused.append(refused_in_words(lambda: open_face(asked), path))
    assert any(refused)


def test_a_folder_of_wrong_types_is_refused_in_words(tmp_path: Path) -> None:
    """Whatever stands in place of a name or a number in ICT-FaceKit's table."""
    path, asked = made("ict/vertex_indices.json", tmp_path)
    table = json.loads(path.read_text(encoding="utf-8"))
    table["idx_to_landmark_verts"] = table["idx_to_landmark_verts"][:3]
    table["expressions"] = table["expressions"][:2]
    for other in respelt(table):
        path.write_text(json.dumps(other), encoding="utf-8")
        assert refused_in_words(lambda: open_face(asked), path)


HOLDS_ITSELF = [b"(lp0\ng0\na.", b"\x80\x02]q\x00(h\x00e.", b"}q\x00X\x01\x00\x00\x00aq\x01h\x00s."]
DOUBLED = b"]q\x00" + b"".join(b"]q%c(h%ch%ce" % (n + 1, n, n) for n in range(60)) + b"."
CASES_OF_PICKLES = {
    **{f"itself_{n}": (data, "it holds itself") for n, data in enumerate(HOLDS_ITSELF)},
    "unknown codec": (b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00ROT-8tR.", "_codecs.encode"),
    "codec that unpacks": (b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x03\x00\x00\x00bz2tR.", "_codecs.encode"),
    "nested": (b"]" * 50_000 + b"a" * 49_999 + b".", "recursion"),
    "mark too many": (b"((((.", "damaged"),
    "an array of a number of bytes": (
        b"cnumpy.core.numeric\n_frombuffer\n(J\xff\xff\xff\x7fcnumpy\ndtype\n(X\x02\x00\x00\x00u1tR(K\x01tX\x01\x00\x00\x00CtR.",
        "without bytes",
    ),
}


@pytest.mark.parametrize("name", CASES_OF_PICKLES)
def test_pickles_made_to_hurt_are_refused_at_once(name: str, tmp_path: Path) -> None:
    """Objects that hold themselves, codecs that nobody knows or that unpack, and depth end in one sentence."""
    data, says = CASES_OF_PICKLES[name]
    (tmp_path / "bad.pkl").write_bytes(data)
    with pytest.raises(ModelError, match=f"bad.pkl .*{says}"):
        read(tmp_path / "bad.pkl")


def test_what_a_pickle_holds_twice_is_made_once(tmp_path: Path) -> None:
    """Sixty lists, each twice in the next, are sixty lists and not 2 ** 60."""
    (tmp_path / "doubled.pkl").write_bytes(DOUBLED)
    found = read(tmp_path / "doubled.pkl")
    depth = 0
    while found:
        assert found[0] is found[1]
        found = found[0]
        depth = depth + 1
    assert depth == 60


def test_a_library_that_dies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where MATLAB's reader takes its process with it, ours lives on and says that the file is damaged."""
    _, asked = made("bfm", tmp_path)
    monkeypatch.setattr(apart, "_CODE", "import os; os.abort()")
    with pytest.raises(ModelError, match="BFM_model_front.mat cannot be read as a MATLAB file .the library that reads"):
        open_face(asked)
