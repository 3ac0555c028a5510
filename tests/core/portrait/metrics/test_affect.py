"""Moods of made and real pictures by a user's EmoNet, of which a small ONNX file stands here."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import published
import pytest
from films import faces

pytest.importorskip("onnx", reason="an ONNX file is written with onnx, of the train extra")

from facetake.errors import ModelError, PortraitError  # noqa: E402
from facetake.inference import open_affect  # noqa: E402  after the skip
from facetake.portrait.metrics import clip as clip_metrics  # noqa: E402
from facetake.portrait.metrics.affect import AffectMeasure  # noqa: E402
from facetake.portrait.metrics.face_crop import box_square, boxes  # noqa: E402
from facetake.pretrained import VARIABLE  # noqa: E402


@pytest.fixture(autouse=True)
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of whoever runs the tests do not count."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)


def coloured(red: float, green: float, blue: float) -> np.ndarray:
    """A picture whose face is of one colour, before black."""
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[4:60, 4:60] = np.array([red, green, blue]) * 255.0
    return picture


def test_the_network_sees_red_green_and_blue(tmp_path: Path) -> None:
    """A face in 0..1 comes back as valence, then arousal."""
    network = open_affect(published.emonet(tmp_path))
    face = np.broadcast_to(np.array([0.8, 0.4, 0.2], np.float32), (256, 256, 3))
    assert np.allclose(network.look(face), [0.6, 0.4], atol=1e-3)


def test_faces_are_cut_with_a_little_around() -> None:
    """The square is about the landmarks' middle, a tenth larger than they are; landmarks in one place are refused."""
    points = faces(8, (30.0, 34.0), 40.0)[:, 0]
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[12:56, 8:52] = 255  # 30 and 34, 22 to each side
    assert box_square(picture, boxes(points)[0], 256)[4:-4, 4:-4].min() > 250.0
    picture[13:55, 9:51] = 0
    cut = box_square(picture, boxes(points)[0], 256)
    assert cut[10:-10, 10:-10].max() == 0.0 and min(cut[0, 128, 0], cut[-1, 128, 0], cut[128, 0, 0]) > 80.0
    with pytest.raises(PortraitError, match="one place"):
        box_square(picture, np.zeros(3, np.float32), 256)


def test_distances_are_of_the_distributions(tmp_path: Path) -> None:
    """Frames in another order are no distance; a face that is redder in every frame is as far as it is redder."""
    landmarks = faces(4, (32.0, 32.0), 30.0)[:, 0]
    frames = range(4)
    network = open_affect(published.emonet(tmp_path))
    real = [coloured(0.1 * frame, 0.4, 0.0) for frame in frames]
    swapped = AffectMeasure(network, landmarks)
    redder = AffectMeasure(network, landmarks)
    for frame in frames:
        swapped.update(frame, real[3 - frame], real[frame])
        redder.update(frame, coloured(0.1 * frame + 0.2, 0.5, 0.0), real[frame])
    assert swapped.compute() == {"a_emd": pytest.approx(0.0), "v_emd": pytest.approx(0.0)}
    assert redder.compute() == {"a_emd": pytest.approx(0.1, abs=0.01), "v_emd": pytest.approx(0.2, abs=0.01)}


def test_an_evaluation_takes_it_where_it_is(tmp_path: Path) -> None:
    """With the file the moods are among the measures, and without it they are named with what they need."""
    clip = clip_metrics.ReferenceClip(faces(4, (32.0, 32.0), 30.0)[:, 0], Fraction(25), 4, None)
    _, skipped = clip_metrics.measures(clip, tmp_path)
    told = clip_metrics.lines({"a_emd": 0.25, "v_emd": 0.5}, tuple(skipped))
    assert told[:2] == ["A-EMD by EmoNet 0.25", "V-EMD by EmoNet 0.5"]
    assert any(line.startswith("A-EMD and V-EMD by EmoNet n/a (needs emonet: ") for line in told)
    published.emonet(tmp_path)
    taken, skipped = clip_metrics.measures(clip, tmp_path)
    assert any(isinstance(measure, AffectMeasure) for measure in taken)
    assert "emonet" not in [entry.needs for entry in skipped]


def test_files_that_are_no_emonet_are_refused(tmp_path: Path) -> None:
    """Text, other outputs, another size, and several numbers in place of one are each a sentence with the file."""
    (tmp_path / "emonet_8.onnx").write_text("no network")
    with pytest.raises(ModelError, match="emonet_8.onnx is not a model that ONNX Runtime can read"):
        open_affect(tmp_path / "emonet_8.onnx")
    with pytest.raises(ModelError, match="gives happiness, arousal; export one that takes a picture"):
        open_affect(published.emonet(tmp_path, ("happiness", "arousal")))
    with pytest.raises(ModelError, match="224.*export one that takes a picture"):
        open_affect(published.emonet(tmp_path, side=224))
    many = open_affect(published.emonet(tmp_path, each=8))
    with pytest.raises(ModelError, match="no single number"):
        many.look(np.zeros((256, 256, 3), np.float32))
