"""What a page carries of a line gives back its sound and its movement."""

from __future__ import annotations

import base64
import io
import json
import re
import tomllib
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from facetake import audio, formats
from facetake.face.head import MORE_SHAPES, load
from facetake.preview import shown_face
from facetake.report import ReportLine
from facetake.report.media import CHANNELS, pack
from facetake.rig import ARKIT_NAMES, to_arkit
from facetake.take import resample

ROOT = Path(__file__).parents[3]
LINE = ROOT / "examples" / "line.wav"


def test_movement_comes_back_within_half_a_step(lines: list[ReportLine]) -> None:
    """Unpacked slowly and obviously, every channel is the take's at 30 frames a second, within half of 1/255."""
    line = lines[2]
    assert line.take is not None
    packed = json.loads(pack(line))
    take = resample(formats.read(line.take), Fraction(30))
    raw = np.frombuffer(zlib.decompress(base64.b64decode(packed["motion"])), np.uint8)
    rows = raw.reshape(len(CHANNELS), packed["frames"])
    found = np.zeros(rows.shape)
    for channel, row in enumerate(rows):
        byte = 0
        for frame, step in enumerate(row):
            byte = (byte + int(step)) % 256
            found[channel, frame] = byte / 255
    assert np.abs(found[:52].T - to_arkit(take.values)).max() < 0.5 / 255 + 1e-6
    assert np.abs(found[CHANNELS.index("seal")] - shown_face(take.values)[1]).max() < 0.5 / 255 + 1e-6
    low = np.array(packed["low"])[:, None]
    high = np.array(packed["high"])[:, None]
    assert take.head is not None
    assert np.abs(low + found[-3:] * (high - low) - take.head.T).max() < (high - low).max() / 255


def test_channels_begin_with_arkit_s() -> None:
    """The face's weights are the first of a frame, in its order, so the page may take them as they stand."""
    assert CHANNELS[:55] == (*ARKIT_NAMES, *MORE_SHAPES) == load().names and len(set(CHANNELS)) == len(CHANNELS)


def test_the_oldest_soundfile_that_is_allowed_can_compress() -> None:
    """What writes a report's sound came with soundfile 0.13: an installation with an older one is none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (bound,) = [re.findall(r"\d+", one) for one in project["dependencies"] if one.startswith("soundfile>=")]

    assert tuple(map(int, bound[:2])) >= (0, 13)


def test_speech_stays_speech() -> None:
    """The example line, 34 kbit/s or less, is as long as before and correlates with the recording."""
    packed = json.loads(pack(ReportLine("line", LINE)))
    data = base64.b64decode(packed["sound"])
    heard, rate_hz = soundfile.read(io.BytesIO(data), dtype="float32")
    said = audio.read(LINE)
    assert rate_hz == 16_000 and abs(len(heard) - len(said)) <= 1
    assert len(data) * 8 / (len(said) / 16_000) < 50_000
    assert np.corrcoef(heard[: len(said)], said[: len(heard)])[0, 1] > 0.95
    peaks = np.frombuffer(base64.b64decode(packed["peaks"]), np.uint8)
    assert peaks.max() == pytest.approx(np.abs(said).max() * 255, abs=1)
    assert "motion" not in packed
