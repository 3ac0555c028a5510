"""FACEGOOD-Audio2Face's lines (MIT), an artist's curves over Mandarin word lists, as a folder that `lips` reads.

Beside each sound stands the artist's take, on our controls, for checks to be measured on.

The curves are (N, 116) at 30 frames a second beside one WAV each; column i carries the name i - 1 of the list of names.
Knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from facetake import audio, files, formats, rig
from facetake.arrays.reader import read_npy
from facetake.errors import ConfigError
from facetake.take import Take

RATE_HZ = 30  # of its curves
FIRST = 1  # column of the first name; column 0 is the frame's number
JAW = "mouth_stretch_c"
PAIRS = {
    "mouthLowerDown": "mouth_lowerLipDepress",
    "mouthUpperUp": "mouth_upperLipRaise",
    "mouthPress": "mouth_press",
    "mouthSmile": "mouth_lipCornerPull",
    "mouthStretch": "mouth_lipStretch",
    "mouthDimple": "mouth_dimple",
    "noseSneer": "nose_wrinkle",
}
"""Curves with a left and a right side by the ARKit shapes that look like them; those without one are middle shapes."""
Curves = Mapping[str, NDArray[np.float64]]


def convert(lines: Sequence[Path], names: Path, out: Path) -> list[str]:
    """Writes lips.npz, and the sound and the artist's take of each line in the folder `audio`.

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
    takes: dict[str, Take] = {}
    sounds = {line.stem: audio.read(line) for line in lines}
    for line in lines:
        curves = _curves(line, columns)
        times_s = np.arange(len(curves[JAW])) / RATE_HZ
        rounding = np.stack([pucker(curves), funnel(curves)], axis=1)
        tracks = {"time": times_s, "aperture": aperture(curves), "jaw": curves[JAW], "arkit": rounding}
        arrays |= {f"{line.stem}.{key}": value for key, value in tracks.items()}
        takes[line.stem] = take(curves)
    making = out.with_name(out.name + ".part")
    (making / "audio").mkdir(parents=True)
    for name, sound in sounds.items():
        sf.write(making / "audio" / f"{name}.flac", sound, audio.SAMPLE_RATE_HZ)
        formats.write(takes[name], making / "audio" / f"{name}.npz")
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


def take(curves: Curves) -> Take:
    """The artist's curves on our controls, by the ARKit shapes that look like them; brows and lids are at rest."""
    place = {name: column for column, name in enumerate(rig.ARKIT_NAMES)}
    shown = np.zeros((len(curves[JAW]), len(place)), np.float32)

    def show(shape: str, *names: str, share: float = 1.0) -> None:
        found = [curves[name] for name in names if name in curves]
        if found:
            shown[:, place[shape]] += share * np.mean(found, axis=0)

    show("jawOpen", JAW)
    show("mouthFunnel", *(f"mouth_funnel_{corner}" for corner in ("dl", "dr", "ul", "ur")))
    show("mouthPucker", "mouth_pucker_l", "mouth_pucker_r")
    show("mouthPucker", "mouth_oo_c")
    for shape in ("mouthPucker", "mouthFunnel"):
        show(shape, "mouth_oh_c", share=0.5)  # an o is both
    show("mouthRollLower", "mouth_suck_dl", "mouth_suck_dr")
    show("mouthRollUpper", "mouth_suck_ul", "mouth_suck_ur")
    show("mouthShrugUpper", "mouth_chinRaise_u")
    for shape, name in PAIRS.items():
        for side, end in (("Left", "l"), ("Right", "r")):
            show(f"{shape}{side}", f"{name}_{end}")
    return Take(rig.clamp(rig.from_arkit(np.clip(shown, 0.0, 1.0))), Fraction(RATE_HZ))


def funnel(curves: Curves) -> NDArray[np.float64]:
    """(T,) funnelled lips, upper and lower."""
    corners = [curves[f"mouth_funnel_{corner}"] for corner in ("dl", "dr", "ul", "ur")]
    return np.asarray(np.mean(corners, axis=0))
