"""FACEGOOD-Audio2Face's lines (MIT), an artist's curves over Mandarin word lists, as a folder that `lips` reads.

The curves are (N, 116) at 30 frames a second beside one WAV each; column i carries the name i - 1 of the list of names.
Knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from facetake import audio, files
from facetake.arrays.reader import read_npy
from facetake.errors import ConfigError

RATE_HZ = 30  # of its curves
FIRST = 1  # column of the first name; column 0 is the frame's number
JAW = "mouth_stretch_c"
Curves = Mapping[str, NDArray[np.float64]]


def convert(lines: Sequence[Path], names: Path, out: Path) -> list[str]:
    """Writes lips.npz and the sound beside it.

    Args:
        lines: sounds NAME.wav; the curves are bs_value_NAME.npy beside them or in ../bs_value.
        names: the list of names, shirley_1119_bs_name.npy.
        out: a new folder.

    Returns:
        One line a sound.

    Raises:
        ConfigError: `out` exists, or curves or names are missing or of another shape.
        AudioError: a sound cannot be read.
    """
    if out.exists():
        raise ConfigError(f"{out} exists already; name a new folder")
    columns = [str(name) for name in _array(names)]
    arrays: dict[str, NDArray[Any]] = {"names": np.array(["mouthPucker", "mouthFunnel"])}
    sounds = {line.stem: audio.read(line) for line in lines}
    for line in lines:
        curves = _curves(line, columns)
        times_s = np.arange(len(curves[JAW])) / RATE_HZ
        rounding = np.stack([pucker(curves), funnel(curves)], axis=1)
        tracks = {"time": times_s, "aperture": aperture(curves), "jaw": curves[JAW], "arkit": rounding}
        arrays |= {f"{line.stem}.{key}": value for key, value in tracks.items()}
    making = out.with_name(out.name + ".part")
    (making / "audio").mkdir(parents=True)
    for name, sound in sounds.items():
        sf.write(making / "audio" / f"{name}.flac", sound, audio.SAMPLE_RATE_HZ)
    np.savez(making / "lips.npz", **arrays)  # type: ignore[arg-type]  # numpy's stub mixes arrays and options
    files.replace(making, out)
    return [f"{name}: {len(sound) / audio.SAMPLE_RATE_HZ:.1f} s" for name, sound in sounds.items()]


def _curves(line: Path, columns: Sequence[str]) -> Curves:
    folders = (line.parent, line.parent.parent / "bs_value")
    path = next((found for folder in folders if (found := folder / f"bs_value_{line.stem}.npy").is_file()), None)
    if path is None:
        raise ConfigError(f"no curves for {line}: bs_value_{line.stem}.npy is neither beside it nor in ../bs_value")
    values = _array(path)
    if values.ndim != 2 or values.shape[1] < FIRST + columns.index(JAW) + 1:
        raise ConfigError(f"{path} holds {values.shape}, not frames of the {len(columns)} named curves")
    known = columns[: values.shape[1] - FIRST]
    return {name: values[:, FIRST + place].astype(np.float64) for place, name in enumerate(known)}


def _array(path: Path) -> NDArray[Any]:
    try:
        return read_npy(path)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as an array: {error}") from error


def _both(curves: Curves, name: str) -> NDArray[np.float64]:
    return 0.5 * (curves[f"{name}_l"] + curves[f"{name}_r"])


def aperture(curves: Curves) -> NDArray[np.float64]:
    """(T,) opening between the lips, as `facetake.mouth.aperture` weighs the controls of the same names."""
    lips = 0.35 * _both(curves, "mouth_lowerLipDepress") + 0.25 * _both(curves, "mouth_upperLipRaise")
    return np.asarray(np.maximum(curves[JAW] + lips - 0.3 * _both(curves, "mouth_press"), 0.0))


def pucker(curves: Curves) -> NDArray[np.float64]:
    """(T,) pursed lips: the artist's pucker and the two shapes of rounded vowels."""
    return _both(curves, "mouth_pucker") + curves["mouth_oh_c"] + curves["mouth_oo_c"]


def funnel(curves: Curves) -> NDArray[np.float64]:
    """(T,) funnelled lips, upper and lower."""
    corners = [curves[f"mouth_funnel_{corner}"] for corner in ("dl", "dr", "ul", "ur")]
    return np.asarray(np.mean(corners, axis=0))
