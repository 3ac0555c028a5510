"""Tests of facetake.preview: the video of a take."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from facetake import preview
from facetake.errors import AudioError, RenderError
from facetake.face.choices import HEADS
from facetake.face.head import load
from facetake.face.studio import Studio
from facetake.preview import plot
from facetake.rig import NEUTRAL, both, columns, to_arkit
from facetake.take import Take
from facetake.visemes import VISEMES, VisemeSegment

SEGMENTS = [VisemeSegment("sil", 0.0, 0.1), VisemeSegment("p", 0.1, 0.3), VisemeSegment("@", 0.3, 0.6)]


def take(n_frames: int = 30, rate: Fraction = Fraction(60), jaw: float = 0.0, together: float = 0.0) -> Take:
    """A still face with a jaw and lips as asked."""
    values = np.tile(NEUTRAL, (n_frames, 1)).astype(np.float32)
    values[:, columns("C_jaw")] = jaw
    for half in "UD":
        values[:, both(f"mouth_lipsTogether{half}")] = together
    return Take(values, rate)


def sound(path: Path, seconds: float = 0.5) -> Path:
    """A recording of noise."""
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(round(16_000 * seconds)), 16_000)
    return path


def pictures(path: Path) -> list[NDArray[np.generic]]:
    """All pictures of a video."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        ("24", "24"),
        ("24000/1001", "24000/1001"),
        ("30", "30"),
        ("60", "30"),
        ("60000/1001", "30000/1001"),
        ("50", "25"),
    ],
)
def test_fast_takes_are_shown_at_an_even_part_of_their_rate(rate: str, shown: str) -> None:
    """Rates up to 30 stay, faster ones are divided by a whole number."""
    assert preview.preview_rate(Fraction(rate)) == Fraction(shown)


@pytest.mark.parametrize("rate", ["24", "24000/1001", "30", "60"])
def test_the_video_is_as_long_as_the_take(rate: str, tmp_path: Path) -> None:
    """Frames times rate give the take's length, with a sound stream, at the asked rate."""
    performance = take(30, Fraction(60))
    out = tmp_path / "a.mp4"
    number = preview.render(performance, sound(tmp_path / "s.wav"), out, size=(64, 64), rate=Fraction(rate))
    with av.open(str(out)) as container:
        video = container.streams.video[0]
        assert video.average_rate == Fraction(rate)
        assert len(container.streams.audio) == 1
        assert sum(1 for _ in container.decode(video=0)) == number == round(Fraction(rate) / 2)


def test_progress_counts_every_frame(tmp_path: Path) -> None:
    """The caller hears of each frame once, and the default rate halves 60."""
    seen: list[tuple[int, int]] = []
    preview.render(take(12), None, tmp_path / "a.mp4", size=(64, 64), progress=lambda *step: seen.append(step))
    assert seen == [(i, 6) for i in range(1, 7)]


def test_the_plot_goes_under_the_face(tmp_path: Path) -> None:
    """With the plot the picture is taller, the face above is the same, and the cursor moves to the right."""
    plain = tmp_path / "plain.mp4"
    drawn = tmp_path / "plot.mp4"
    recording = sound(tmp_path / "s.wav")
    preview.render(take(30), recording, plain, size=(128, 128))
    preview.render(take(30), recording, drawn, SEGMENTS, plot=True, size=(128, 128))
    bare = pictures(plain)
    strip = pictures(drawn)
    assert strip[0].shape == (128 + plot.HEIGHT_PX, 128, 3)
    assert np.abs(bare[0].astype(int) - strip[0][:128]).mean() < 4.0
    cursors = [np.asarray(frame)[140:200, :, 0].astype(int).sum(axis=0).argmax() for frame in (strip[3], strip[-2])]
    assert cursors[1] > cursors[0] + 50


def test_sealed_curves_show_a_sealed_mouth_and_an_open_jaw_an_open_one() -> None:
    """What counts as sealed is drawn sealed; an open mouth is left alone."""
    seals = [
        float(preview.lip_seal(take(1, jaw=j, together=t).values)[0]) for j, t in ((0.3, 1.0), (0.02, 0.0), (0.3, 0.0))
    ]
    assert seals == [1.0, 1.0, 0.0]


def test_a_raised_tip_and_drawn_brows_are_shown() -> None:
    """What ARKit has no shape for comes behind its 52: the tongue's tip, that presses or not, and brows drawn together,
    unless they go down, which draws them together anyway.
    """
    values = take(4).values.copy()
    values[1, columns("C_tongue_tip.Y")] = 0.5
    values[2] = values[1]
    values[2, columns("C_tongue_press.Y")] = 0.5
    values[3, columns("L_brow_lateral", "R_brow_lateral", "R_brow_down")] = 0.6, 0.6, 0.5
    shapes, _ = preview.shown_face(values)
    np.testing.assert_array_equal(shapes[:, :52], to_arkit(values))
    np.testing.assert_allclose(
        shapes[:, 52:], np.array([[0, 0, 0], [0.5, 0, 0], [0.7, 0, 0], [0, 0.6, 0.3]]), atol=1e-6
    )


@pytest.mark.parametrize("name", HEADS)
def test_an_f_shows_teeth_between_the_lips(name: str) -> None:
    """A lower lip at the upper teeth leaves a row of them to be seen; lips drawn in for a p show none."""
    bitten = posed(take(1), lipBiteD=0.59, lipsTogetherD=0.76, lipsRollU=0.5)
    drawn_in = posed(take(1, jaw=0.3, together=1.0), lipBiteD=0.45, lipBiteU=0.45)
    studio = Studio((480, 480), load(name))
    assert teeth_seen(preview.still(bitten, 0, studio)) > 120
    assert teeth_seen(preview.still(drawn_in, 0, studio)) < 20


def posed(still: Take, **controls: float) -> Take:
    """A take with more controls of the mouth, on both sides."""
    values = still.values.copy()
    for control, share in controls.items():
        values[:, both(f"mouth_{control}")] = share
    return Take(values, still.rate)


def teeth_seen(picture: NDArray[np.generic]) -> int:
    """How many pixels about the mouth of a 480 x 480 picture are white rather than skin, lip or dark."""
    mouth = picture[225:315, 170:310].astype(int)
    return int(((np.ptp(mouth, axis=2) < 45) & (mouth.mean(axis=2) > 120)).sum())


def test_a_missing_extra_is_named_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyAV the message says which package is missing and what to type."""
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(RenderError, match=r'needs av, .*pip install "facetake\[preview\]"'):
        preview.render(take(2), None, tmp_path / "a.mp4")


def test_bad_recordings_leave_no_video(tmp_path: Path) -> None:
    """A recording that is not sound raises AudioError with its name, with and without the plot."""
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF no sound in here")
    for shown in (False, True):
        with pytest.raises(AudioError, match=r"bad\.wav"):
            preview.render(take(4), bad, tmp_path / "a.mp4", plot=shown, size=(64, 64))
    assert [path.name for path in tmp_path.iterdir()] == ["bad.wav"]


@pytest.mark.parametrize("size", [(63, 64), (64, 32), (64, 9000)])
def test_sizes_that_cannot_be_drawn_are_refused(size: tuple[int, int], tmp_path: Path) -> None:
    """Odd, tiny and huge pictures are refused with the numbers in the message."""
    with pytest.raises(RenderError, match=f"{size[0]} x {size[1]}"):
        preview.render(take(2), None, tmp_path / "a.mp4", size=size)


def test_every_viseme_and_label_can_be_written() -> None:
    """Each viseme that sounds, each curve's name and each second of a page has words of its own on the strip."""
    for texts, make in ((VISEMES[1:], _strip_of_viseme), (preview.main_curves(take(1).values), _strip_of_curve)):
        strips = [make(text).at(0.6) for text in texts]
        assert len({strip.tobytes() for strip in strips} | {make("").at(0.6).tobytes()}) == len(strips) + 1
    seconds = np.split(_strip_of_viseme("p").at(0.6)[-plot.TIME_PX + 4 :, :500], 5, axis=1)
    assert len({second.tobytes() for second in seconds}) == 5


def _strip_of_viseme(viseme: str) -> plot.Strip:
    return plot.Strip(
        plot.PlotTracks(5.0, np.zeros(1, np.float32), [VisemeSegment(viseme, 0.0, 0.3)], 0.0, {}, 30.0), 500
    )


def _strip_of_curve(name: str) -> plot.Strip:
    return plot.Strip(
        plot.PlotTracks(5.0, np.zeros(1, np.float32), [], 0.0, {name: np.zeros(150, np.float32)}, 30.0), 500
    )


def test_long_takes_turn_the_page() -> None:
    """After a page's span the strip starts anew at the left."""
    curves = {"aperture": np.linspace(0, 1, 360, dtype=np.float32)}
    strip = plot.Strip(plot.PlotTracks(12.0, np.zeros(1, np.float32), SEGMENTS, 0.0, curves, 30.0), 200)
    columns_of_cursor = [int((strip.at(t)[5] == plot.CURSOR).all(axis=1).nonzero()[0].max()) for t in (0.1, 4.9, 5.1)]
    assert columns_of_cursor[1] > 180 > 20 > columns_of_cursor[2]
