"""Facetake's own JSON."""

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
from facetake.formats import facetake_json
from facetake.take import Take


@pytest.mark.parametrize("head", [False, True])
def test_nothing_is_lost(tmp_path: Path, make_take: Callable[..., Take], head: bool) -> None:
    """Values, head, rate, start and origin come back exactly."""
    take = make_take(rate=Fraction(24000, 1001), start=Fraction(-1, 3), head=head)
    facetake_json.write(take, tmp_path / "take.json")
    found = facetake_json.read(tmp_path / "take.json")
    np.testing.assert_array_equal(found.values, take.values)
    assert (found.rate, found.start, found.origin) == (take.rate, take.start, take.origin)
    assert (found.head is None) == (take.head is None)
    if take.head is not None:
        np.testing.assert_array_equal(found.head, take.head)


def test_a_script_can_read_it(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """The file is plain JSON with the keys the documentation names."""
    facetake_json.write(make_take(2), tmp_path / "take.json")
    found = json.loads((tmp_path / "take.json").read_text(encoding="utf-8"))
    assert list(found) == ["format", "version", "rate", "start", "controls", "origin", "values", "head"]
    assert found["rate"] == "60" and found["controls"] == list(rig.NAMES) and found["head"] is None


def _document() -> dict[str, Any]:
    """A hand-written take of two frames, all at rest."""
    return {
        "format": "facetake-take",
        "version": 1,
        "rate": "30",
        "start": "0",
        "controls": list(rig.NAMES),
        "values": [rig.NEUTRAL.tolist()] * 2,
    }


def test_columns_go_by_name() -> None:
    """Controls in another order and spelling land where they belong."""
    found = _document()
    values = np.tile(rig.NEUTRAL, (2, 1))
    values[:, rig.INDEX["CTRL_L_eye_blink.translateY"]] = 0.5
    found["controls"] = [name.replace(".translate", "-translate") for name in reversed(rig.NAMES)]
    found["values"] = values[:, ::-1].tolist()
    np.testing.assert_array_equal(facetake_json.parse(found).values, values)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "'other'"),
        ({"version": 2}, "version 2"),
        ({"rate": 60}, '"rate" must be text'),
        ({"rate": "0"}, "is no frame rate"),
        ({"rate": "1/1000"}, "is no frame rate"),
        ({"start": "soon"}, "'soon' is no time"),
        ({"controls": ["CTRL_C_jaw.translateY"]}, "missing from the header"),
        ({"values": [[0.0]]}, "174 numbers"),
        ({"values": [[9.0] * 174]}, "CTRL_C_eye.translateX is 9 at frame 0"),
        ({"head": [[0, 0, 0]]}, '"head" has 1 frames'),
        ({"head": [[0, 0], [0, 0]]}, "list of 3 numbers"),
        ({"origin": [1]}, '"origin"'),
    ],
)
def test_bad_entries_are_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """A document with one wrong entry is a TakeError that names file and entry."""
    path = tmp_path / "take.json"
    path.write_text(json.dumps(_document() | change))
    with pytest.raises(TakeError, match=said) as caught:
        facetake_json.read(path)
    assert str(path) in str(caught.value)
