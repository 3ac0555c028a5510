"""A clip's own offset of sound and lips is told from the sound's bands, or said not to be known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch", reason="the reader of a sound's bands is a network of torch")

from facetake import audio  # noqa: E402  after the skip
from facetake_training import lips  # noqa: E402
from facetake_training.cli import main  # noqa: E402
from facetake_training.measure import sync  # noqa: E402

RATE_HZ = 25
LASTS_S = 8.0


def filmed(folder: Path, clips: dict[str, float | None], first: int = 0) -> lips.LipsConfig:
    """Made-up people from a seed on, the louder the wider they open; late by so much, or over steady noise."""
    stored: dict[str, np.ndarray] = {"names": np.array(["mouthPucker", "mouthFunnel"])}
    folder.mkdir(parents=True)
    for number, (clip, late_s) in enumerate(clips.items(), first):
        random = np.random.default_rng(number)
        fine_s = np.arange(round(LASTS_S * audio.SAMPLE_RATE_HZ)) / audio.SAMPLE_RATE_HZ
        opening = syllables(random)
        loud = np.ones(len(fine_s)) if late_s is None else np.interp(fine_s - late_s, *opening)
        sound = 0.2 * loud * random.standard_normal(len(fine_s)) + 1e-3 * random.standard_normal(len(fine_s))
        soundfile.write(folder / f"{clip}.flac", sound.clip(-1.0, 1.0), audio.SAMPLE_RATE_HZ)
        times_s = np.arange(round(LASTS_S * RATE_HZ)) / RATE_HZ
        stored |= {
            f"{clip}.time": times_s,
            f"{clip}.aperture": np.interp(times_s, *opening),
            f"{clip}.arkit": random.uniform(size=(len(times_s), 2)),
        }
    np.savez(folder / "lips.npz", allow_pickle=False, **stored)
    return lips.LipsConfig(folder / "lips.npz", folder)


def syllables(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Instants at which the mouth is open and shut in turn, in seconds, and how far."""
    times_s = np.cumsum(random.uniform(0.08, 0.25, 80)) - 1.0
    return times_s, np.where(np.arange(80) % 2 == 0, random.uniform(0.3, 1.0, 80), 0.0)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> sync.OffsetReader:
    """Taught three people who are in step."""
    folder = tmp_path_factory.mktemp("people") / "known"
    return sync.OffsetReader(filmed(folder, {"one": 0.0, "two": 0.0, "three": 0.0}))


def test_late_and_early_sound_is_told(reader: sync.OffsetReader, tmp_path: Path) -> None:
    """Sound that is moved against the lips is found where it is, within two hundredths of a second."""
    moved = {"in_step": 0.0, "a_little_late": 0.06, "late": 0.18, "early": -0.12}
    config = filmed(tmp_path / "moved", dict(moved), first=10)
    found = {clip: reader.offset(config, clip) for clip in moved}

    assert all(one.is_sure for one in found.values())
    assert {clip: one.late_s for clip, one in found.items()} == pytest.approx(moved, abs=0.021)


def test_what_cannot_be_told_is_said(reader: sync.OffsetReader, tmp_path: Path) -> None:
    """Sound that says nothing of the lips leaves their offset open."""
    config = filmed(tmp_path / "noise", dict.fromkeys("abcdef"), first=20)

    assert not any(reader.offset(config, clip).is_sure for clip in lips.clips(config))


def test_the_command_takes_a_clips_own_offset_off(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`measure lips --against` tells each clip's own offset beside its scores."""
    known = filmed(tmp_path / "all", {"one": 0.0, "two": 0.0, "three": 0.0, "late": 0.16})
    order = ["measure", "lips", "--audio", str(known.audio), "--model", str(tiny_model), "--only", "late"]

    assert main([*order, "--truth", str(known.truth), "--against", str(known.truth)]) in (0, 1)
    rows = [line for line in capsys.readouterr().out.splitlines() if "pucker" in line]
    assert rows[0].startswith("late ")
    assert "ms taken off" in rows[0]
    assert len(rows) == 2, "the others are learnt from, and not measured"
