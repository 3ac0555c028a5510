"""What is looked at, as the user writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facetake import gaze
from facetake.errors import ConfigError
from facetake.face import head
from facetake.face.studio import DISTANCE_M, LOOK_AT_M


def test_a_word_or_a_point_holds_for_the_whole_line() -> None:
    """`camera` and x,y,z are one cue each, at 0 s."""
    camera = gaze.parse("camera")
    point = gaze.parse("0.3,-0.1,0.6")

    assert camera.looks == point.looks == ("target",)
    assert camera.times_s.tolist() == point.times_s.tolist() == [0.0]
    assert camera.targets_m[0].tolist() == list(gaze.CAMERA_M)
    assert point.targets_m[0].tolist() == [0.3, -0.1, 0.6]


def test_the_camera_is_the_previews() -> None:
    """Who looks at the camera looks at whoever watches the preview."""
    between_eyes = head.load().eye_centres.mean(axis=0)
    stands = LOOK_AT_M - (0.0, 0.0, DISTANCE_M)

    assert np.allclose(gaze.CAMERA_M, (stands - between_eyes) * head.FLIP, atol=0.001)


def test_cues_are_read_line_by_line(tmp_path: Path) -> None:
    """A file holds words and points, comments and empty lines, and times with a comma or a point."""
    path = tmp_path / "look.txt"
    path.write_text("# who\n0.0 camera\n\n1,2 0.3,0.1,0.6\n2.5\tfree\n3 away\n", encoding="utf-8")
    track = gaze.parse(str(path))

    assert track.times_s.tolist() == [0.0, 1.2, 2.5, 3.0]
    assert track.looks == ("target", "target", "free", "away")
    assert track.targets_m[1].tolist() == [0.3, 0.1, 0.6]
    assert np.isfinite(track.targets_m).all()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "--look: '' is no target; write camera, away, free, or metres"),
        ("target", "is no target"),
        ("left", "is no target"),
        ("camra", 'such as 0.3,0.1,0.6; did you mean "camera"'),
        ("0.3,0.1", "is no target"),
        ("0.3,0.1,0.6,1", "is no target"),
        ("0.3,nan,0.6", "--look: y is 'nan', not a number"),
        ("0.3,0.1,inf", "--look: z is 'inf', not a number"),
        ("0,0,0", "lies in the head or within 0.15 m of the eyes"),
        ("0,0,0.1", "lies in the head"),
        ("0,0,-0.2", "lies in the head"),
        ("0,0,1e9", "not a number from -1000000 to 1000000"),
        ("gone/look.txt", "cannot read the target cues"),
    ],
)
def test_mistakes_are_named(text: str, says: str) -> None:
    """Each mistake gets a sentence that names it; nothing is aimed at a point within the head."""
    with pytest.raises(ConfigError, match=says):
        gaze.parse(text)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"1.0 camera\n0.5 free\n", "look.txt, line 2: cues out of order: 0.5 s comes after 1 s"),
        (b"1.0 camera\n1.0 free\n", "line 2: cues out of order"),
        (b"soon camera\n", "line 1: the time is 'soon', not a number"),
        (b"0 camera\n1.0\n", "line 2: '1.0' is no cue; write seconds and a target, such as '1.2 0.3,0.1,0.6'"),
        (b"-1 camera\n", "line 1: the time is '-1'"),
        (b"0 camera\n2 0,0,nan\n", "line 2: z is 'nan'"),
        (b"0 camera\n2 0,0,0\n", "line 2: the target 0,0,0 lies in the head"),
        (b"0 camera\n\n2 Camera\n", "line 3: 'Camera' is no target"),
        (b"# nothing\n", "holds no target cue"),
        (b"\xff\xfe\x00", "not a text file of target cues"),
    ],
)
def test_mistakes_in_cue_files_name_the_line(tmp_path: Path, content: bytes, says: str) -> None:
    """A cue file's mistake is named with its line."""
    path = tmp_path / "look.txt"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=says):
        gaze.read(path)
