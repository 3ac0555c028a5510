"""Movement is collected from tracked faces: without blinks, in the rig's units, beside the voice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

pytest.importorskip("torch", reason="shipping needs torch, which the train extra brings")

from facetake import inference, rig  # noqa: E402  after the skip
from facetake.errors import ConfigError, ModelError  # noqa: E402
from facetake.motion.expression import MOVEMENT_FPS  # noqa: E402
from facetake_training import shipping  # noqa: E402
from facetake_training.lips import LipsConfig  # noqa: E402
from facetake_training.movement import MouthPart, MovementConfig, collect, logit  # noqa: E402

NAMES = ("browDownLeft", "browDownRight", "browInnerUp", "eyeBlinkLeft", "eyeBlinkRight")


@pytest.fixture
def config(tmp_path: Path) -> MovementConfig:
    """Six seconds of a face at 30 fps whose left brow swings once a second, with a blink that pulls it."""
    times_s = np.arange(180) / 30.0
    scores = np.full((180, len(NAMES)), 0.3)
    scores[:, 0] += 0.1 * np.sin(2.0 * np.pi * times_s)
    scores[90:96, :] += 0.6
    (tmp_path / "audio").mkdir()
    truth = {"a.time": times_s, "a.aperture": times_s, "a.arkit": scores, "names": np.array(NAMES)}
    np.savez(tmp_path / "lips.npz", **truth)  # type: ignore[arg-type]  # numpy's stub mixes arrays and options
    sound = np.random.default_rng(0).normal(0, 0.1, 6 * 16_000)
    sf.write(tmp_path / "audio" / "a.flac", sound, 16_000)
    faces = LipsConfig(tmp_path / "lips.npz", tmp_path / "audio")
    modes = {"browDown": {"brow_down": 2.0, "C_mouth.X": 0.5}, "browInnerUp": {"brow_raiseIn": 3.0}}
    return MovementConfig(tmp_path / "run", (faces,), modes, sources=("a face: CC0",))


def test_tracks_are_deviations_without_blinks(config: MovementConfig) -> None:
    """The swing is there in full, the blink's pull is bridged, and the mirror swaps the sides."""
    with np.load(collect(config), allow_pickle=False) as stored:
        tracks = stored["tracks"].astype(float)
        modes = stored["modes"]
        mirror = stored["mirror"]
        assert len(stored["voice"]) == len(tracks) == stored["ends"][-1] > 5 * MOVEMENT_FPS
    assert np.percentile(tracks[:, 0], 95) == pytest.approx(0.1, abs=0.02)
    assert np.abs(tracks[:, 1:]).max() < 0.01
    assert mirror.tolist() == [1, 0, 2]
    assert modes[0, rig.columns("L_brow_down")] == 2.0 and modes[0, rig.columns("R_brow_down")] == 0.0
    assert modes[0, rig.columns("C_mouth.X")] == -modes[1, rig.columns("C_mouth.X")] == 0.5
    assert (modes[2, rig.both("brow_raiseIn")] == 3.0).all()


def test_collected_movement_ships(config: MovementConfig, tmp_path: Path) -> None:
    """Export declares the movement with its sources, and the engine opens it; before collecting there is none."""
    with pytest.raises(ModelError, match="facetake-train motion"):
        shipping.export_motion(config, "motion.toml", tmp_path / "model")
    collect(config)
    assert "motion.npz written" in shipping.export_motion(config, "motion.toml", tmp_path / "model")
    assert inference.open_motion(tmp_path / "model") is not None
    assert inference.declarations(tmp_path / "model")["motion"].about["trained_on"] == ["a face: CC0"]


def test_unknown_scores_and_short_clips_are_told(config: MovementConfig) -> None:
    """A score that the tracker does not give, and clips that are all too short, end in a sentence."""
    with pytest.raises(ConfigError, match="noseTwitchLeft"):
        collect(replace(config, modes={"noseTwitch": {"brow_down": 1.0}}))
    truth = config.tracked[0].truth
    rows = np.ones((9, 5))
    short = {"a.time": np.arange(9) / 30, "a.aperture": rows[:, 0], "a.arkit": rows, "names": np.array(NAMES)}
    np.savez(truth, **short)  # type: ignore[arg-type]  # as above
    with pytest.raises(ConfigError, match="no clip"):
        collect(config)


def test_a_mouth_is_solved_from_all_of_its_scores(config: MovementConfig) -> None:
    """A part of the mouth follows its score's logit, on the side and the way it goes, by as much as the head shows."""
    with np.load(config.tracked[0].truth, allow_pickle=False) as stored:
        truth = dict(stored)
    swing = 1.5 * np.sin(2.0 * np.pi * truth["a.time"])
    more = 1.0 / (1.0 + np.exp(4.0 - np.stack([swing, 0.0 * swing, -swing, swing], axis=1)))
    truth["a.arkit"] = np.concatenate([truth["a.arkit"], more], axis=1)
    truth["names"] = np.array([*NAMES, "mouthDimpleLeft", "mouthDimpleRight", "mouthLeft", "mouthRight"])
    np.savez(config.tracked[0].truth, **truth)
    mouth = {
        "dimple": MouthPart({"mouth_dimple": 1.0}, {"mouthDimpleLeft": 10.0}, sides=True),
        "sideways": MouthPart({"C_mouth.X": 1.0}, {"mouthLeft": 10.0, "mouthRight": -10.0}, below={"C_mouth.X": -1.0}),
    }
    rest = dict.fromkeys(("mouthDimple", "mouthLeft", "mouthRight"), 0.0)
    with np.load(collect(replace(config, mouth=mouth, rest=rest)), allow_pickle=False) as stored:
        tracks, modes, mirror = (stored[name].astype(float) for name in ("tracks", "modes", "mirror"))
    assert mirror.tolist() == [1, 0, 2, 4, 3, 6, 5]
    left, right, leftwards, rightwards = tracks[:, 3:].T
    assert 0.1 < left.max() < 0.18 and left.min() == 0.0 and right.max() < 0.01
    assert np.corrcoef(left, rightwards)[0, 1] > 0.9 and not (leftwards * rightwards).any()
    assert modes[3, rig.columns("L_mouth_dimple")] == 1.0
    assert modes[5, rig.columns("C_mouth.X")] == -modes[6, rig.columns("C_mouth.X")] == 1.0
    assert logit(np.array([0.0, 0.5]))[0] > -10.0 and logit(np.array([0.0, 0.5]))[1] == 0.0
