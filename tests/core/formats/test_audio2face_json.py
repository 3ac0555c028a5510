"""Audio2Face's JSON export."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facetake import rig
from facetake.errors import TakeError
from facetake.formats import audio2face_json
from facetake.take import Take

OMNIVERSE = """{
  "exportFps": 30.0,
  "trackPath": "C:/audio/hello.wav",
  "numPoses": 4,
  "numFrames": 2,
  "facsNames": ["eyeBlinkLeft", "jawOpen", "mouthSmileRight", "browInnerUp"],
  "weightMat": [
    [0.0, 0.1, 0.0, 0.0],
    [0.25, 0.5, 0.0, 0.75]
  ],
  "joints": ["jaw"], "rotations": [], "translations": []
}"""


def test_an_export_of_omniverse(tmp_path: Path) -> None:
    """A file in Omniverse's layout, with some of the shapes, gives their weights back through the rig."""
    path = tmp_path / "hello.json"
    path.write_text(OMNIVERSE)
    take = audio2face_json.read(path)
    shapes = dict(zip(rig.ARKIT_NAMES, rig.to_arkit(take.values)[1].tolist(), strict=True))
    assert (take.rate, take.n_frames, take.origin["audio"]) == (Fraction(30), 2, "C:/audio/hello.wav")
    assert [round(shapes[name], 4) for name in ("eyeBlinkLeft", "jawOpen", "browInnerUp")] == [0.25, 0.5, 0.75]


def test_existing_scripts_work(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """The keys that the usual Maya snippet uses are there, with Apple's names and a weight for each."""
    audio2face_json.write(make_take(1100, rate=Fraction(24000, 1001)), tmp_path / "take.json")
    found = json.loads((tmp_path / "take.json").read_text())
    assert found["exportFps"] == pytest.approx(23.976, abs=1e-3) and found["trackPath"] == "Zoë.wav"
    assert found["numFrames"] == len(found["weightMat"]) == 1100
    assert found["numPoses"] == len(found["facsNames"]) == 52
    assert {len(row) for row in found["weightMat"]} == {52}


def test_round_trip_of_the_shapes(tmp_path: Path, shapes_take: Take) -> None:
    """The 52 weights come back within two steps of the fifth decimal."""
    audio2face_json.write(shapes_take, tmp_path / "take.json")
    found = audio2face_json.read(tmp_path / "take.json")
    np.testing.assert_allclose(rig.to_arkit(found.values), rig.to_arkit(shapes_take.values), rtol=0, atol=2e-5)
    assert found.rate == shapes_take.rate


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"exportFps": 0}, "frames per second"),
        ({"exportFps": "30"}, '"exportFps" must be a number'),
        ({"facsNames": ["jawOpen", "smirk", "a", "b"]}, "'smirk'"),
        ({"facsNames": ["jawOpen"]}, "list of 1 numbers"),
        ({"weightMat": []}, "at least one"),
        ({"weightMat": [[50, 0, 0, 0]], "numFrames": 1}, "frame 0, eyeBlinkLeft: 50"),
        ({"numFrames": 3}, '"numFrames" is 3 where the file has 2'),
    ],
)
def test_bad_entries_are_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """A document with one wrong entry is a TakeError that names file and entry."""
    path = tmp_path / "take.json"
    path.write_text(json.dumps(json.loads(OMNIVERSE) | change))
    with pytest.raises(TakeError, match=said) as caught:
        audio2face_json.read(path)
    assert str(path) in str(caught.value)
