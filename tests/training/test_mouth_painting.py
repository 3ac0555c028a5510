"""The painter of mouths: lessons out of clips, a training that goes on, and what is exported of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the painter needs torch, of the portrait extra")
pytest.importorskip("numba", reason="lessons are moved by numba, of the preview extra")
pytest.importorskip("onnx", reason="making a model needs the train extra")

from facetake import inference  # noqa: E402
from facetake.errors import ConfigError  # noqa: E402
from facetake.face import anny  # noqa: E402
from facetake.networks.unet import UNetSize  # noqa: E402
from facetake.portrait.landmark_translation.still.mesh import INNER_LIPS, face_mesh, filled, model_points  # noqa: E402
from facetake.portrait.landmark_translation.still.mouth import SIDE_PX  # noqa: E402
from facetake_training.mouth_painting.lessons import MouthLessons, read_clips  # noqa: E402
from facetake_training.mouth_painting.painter import PainterConfig, painting_loss, train, trained  # noqa: E402
from facetake_training.shipping import export_painter_run  # noqa: E402

WINDOW = 160
TINY = UNetSize(downs=2, width=4, refine=False, dropout=0.0, norm="group")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip of twelve frames: a drawn face whose mouth is dark and opens, on skin with a slope."""
    folder = tmp_path_factory.mktemp("mouths")
    model = anny.load()
    row = np.zeros((12, model.expression_size), np.float32)
    row[:, model.expression_names.index("jawOpen")] = np.linspace(0.0, 0.7, 12)
    numbers, where = model_points(model, row)
    eyes = where[0][np.searchsorted(numbers, [33, 263])]
    scale = WINDOW / 1.7 / float(np.linalg.norm(eyes[0, :2] - eyes[1, :2]))
    points = np.zeros((12, 478, 2), np.float32)
    points[:, numbers] = where[..., :2] * scale
    points += 0.5 * WINDOW - points[:1, [13, 14]].mean(axis=1, keepdims=True)
    skin = np.mgrid[:WINDOW, :WINDOW].sum(axis=0) // 4 + 90
    windows = np.repeat(np.stack([skin, skin - 20, skin - 30], axis=-1)[None], 12, axis=0).astype(np.uint8)
    for window, seen in zip(windows, points, strict=True):
        window[filled(seen[INNER_LIPS], (WINDOW, WINDOW)) > 0.5] = 200
    np.savez(folder / "drawn.npz", windows=windows, points=points)
    return folder


def test_a_lesson_moves_one_frame_to_another(clips: Path) -> None:
    """Skin is moved to where the wanted frame has it, and the mouth is hollow where that frame's is open."""
    mesh = face_mesh(anny.load())
    clip = read_clips(clips, mesh)["drawn"]
    lesson = MouthLessons({"drawn": clip}, mesh, 0).lesson(clip, 0, 11)
    assert lesson.told.shape == (11, SIDE_PX, SIDE_PX)
    inside = lesson.inside[0] > 0.99
    assert inside.sum() > 50
    assert np.abs(lesson.given[:, inside] - lesson.given[:, inside].mean(axis=1, keepdims=True)).max() < 1e-5
    assert lesson.wanted[:, inside].mean() > 0.3 > lesson.given[:, inside].mean()
    lips = (lesson.reach[0] > 0.5) & (lesson.inside[0] == 0.0)
    assert np.abs(lesson.given - lesson.wanted)[:, lips].mean() < 0.15


def test_a_folder_without_clips_is_told(tmp_path: Path) -> None:
    """One sentence says what makes them."""
    with pytest.raises(ConfigError, match="mouth-clips"):
        read_clips(tmp_path, face_mesh(anny.load()))


def test_training_goes_on_and_is_exported(clips: Path, tmp_path: Path) -> None:
    """Stopped half way a run goes on from there, discriminator and all; what is exported says what torch says."""
    config = PainterConfig(clips, tmp_path / "run", size=TINY, steps=2, gan_from=1, batch=2, save_every=1)
    train(config)
    half = (tmp_path / "run" / "kept.safetensors").read_bytes()
    weights = train(replace(config, steps=3))
    assert weights.read_bytes() != half
    assert (tmp_path / "run" / "log.csv").read_text().count("\n") == 4
    assert "mouth_painter.onnx written" in export_painter_run(config, "mouth_painter.toml", tmp_path / "model")
    painter = inference.open_mouth_painter(tmp_path / "model", 1)
    told = np.random.default_rng(0).uniform(-1, 1, (11, SIDE_PX, SIDE_PX)).astype(np.float32)
    with torch.inference_mode():
        wanted = trained(config).said(torch.from_numpy(told)[None])[0].numpy()
    np.testing.assert_allclose(painter.paint(told), wanted, atol=1e-4)


def test_what_lies_beyond_reach_does_not_count() -> None:
    """A difference within reach costs, more so between the lips, and one outside costs nothing."""
    made, wanted = torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8)
    reach, inside = torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8)
    reach[..., 2:6, 2:6] = 1.0
    inside[..., 3:5, 3:5] = 1.0
    wanted[..., 0, 0] = 1.0
    assert float(painting_loss(made, wanted, reach, inside)) == 0.0
    costs = []
    for row in (2, 3):
        wanted.zero_()
        wanted[..., row, row] = 1.0
        costs.append(float(painting_loss(made, wanted, reach, inside)))
    assert 0.0 < costs[0] < costs[1]
