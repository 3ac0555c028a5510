"""Tests of what networks of the user's measure, with files in the published layouts and random numbers in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from fractions import Fraction
from pathlib import Path

import numpy as np
import published
import pytest
import torch

from facetake.errors import ModelError, PortraitError
from facetake.networks.inception import UNUSED, Inception
from facetake.networks.iresnet import DEPTHS, IResNet, depths_of
from facetake.networks.syncnet import EMBEDDING, SyncNet
from facetake.portrait.metrics import clip as clip_metrics
from facetake.portrait.metrics import face_crop, frechet, identity, lip_sync, lips, mouth_tracking
from facetake.portrait.metrics.identity import Csim
from facetake.portrait.metrics.sharpness import Sharpness
from facetake.pretrained import VARIABLE, fill, load_tensors

RATE = Fraction(25)
SIZE = 96
N_FRAMES = 12


@pytest.fixture(autouse=True)
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of whoever runs the tests do not count."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(autouse=True)
def no_mediapipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether MediaPipe is installed does not count either."""
    monkeypatch.setattr(mouth_tracking, "detector", _missing)


@contextmanager
def _missing(landmarker: Path | None) -> Iterator[None]:
    raise PortraitError(f"no MediaPipe for {landmarker}")
    yield


def face(centre: tuple[float, float] = (48.0, 44.0), size: float = 50.0) -> np.ndarray:
    """Landmarks (478, 2) of a face, of which the five points and the outline are where they belong."""
    angles = np.linspace(0.0, 2.0 * np.pi, 478)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * size / 2.0
    for index, place in (
        (33, (-14, -8)),
        (133, (-6, -8)),
        (362, (6, -8)),
        (263, (14, -8)),
        (1, (0, 2)),
        (61, (-7, 12)),
        (291, (7, 12)),
    ):
        points[index] = np.array(place) * size / 50.0
    return (points + centre).astype(np.float32)


def clip(n_frames: int = N_FRAMES, sound: Path | None = None) -> clip_metrics.ReferenceClip:
    """A clip of a face that holds still."""
    return clip_metrics.ReferenceClip(np.tile(face(), (n_frames, 1, 1)), RATE, n_frames, sound)


def pictures(n_frames: int, seed: int) -> np.ndarray:
    """Random pictures (T, H, W, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (n_frames, SIZE, SIZE, 3)).astype(np.uint8)


def noise(path: Path, seconds: float) -> Path:
    """A sound file of noise."""
    import soundfile

    soundfile.write(path, np.random.default_rng(1).normal(0.0, 0.1, int(16_000 * seconds)), 16_000)
    return path


def test_the_frechet_distance_is_its_definition() -> None:
    """It equals the formula with a matrix root, more pictures than features or fewer, and is 0 for the same ones."""
    from scipy.linalg import sqrtm

    random = np.random.default_rng(0)
    for n_first, n_second in ((40, 50), (5, 40), (4, 5)):
        first = random.normal(size=(n_first, 8))
        second = 0.5 + 2.0 * random.normal(size=(n_second, 8))
        one = np.cov(first.T)
        two = np.cov(second.T)
        # a root of a singular product is shaky: the published program adds this much to both
        root = np.real(sqrtm((one + 1e-9 * np.eye(8)) @ (two + 1e-9 * np.eye(8))))
        slow = np.square(first.mean(0) - second.mean(0)).sum() + np.trace(one + two - 2.0 * root)
        assert frechet.frechet(first, second) == pytest.approx(slow, rel=1e-3)
        assert frechet.frechet(first, first) == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(ValueError, match="cannot be compared"):
        frechet.frechet(first, second[:1])


def test_features_by_hand_grow_apart_as_pictures_do() -> None:
    """The stand-in is 0 for the same pictures and grows as they are blurred more."""
    from scipy.ndimage import gaussian_filter

    real = pictures(20, 2)
    distances = []
    for blur in (0.0, 1.0, 3.0):
        measure = frechet.Frechet("frechet_handmade", frechet.handmade_features)
        for frame, picture in enumerate(real):
            measure.update(frame, gaussian_filter(picture, (blur, blur, 0)), picture)
        distances.append(measure.compute()["frechet_handmade"])
    assert distances[0] == pytest.approx(0.0, abs=1e-9)
    assert distances[0] < distances[1] < distances[2]


def test_inception_takes_the_published_file(tmp_path: Path) -> None:
    """Every tensor but the classifier's finds its place, and the features are the average over 8 x 8 places."""
    tensors = load_tensors(published.inception(tmp_path))
    network = Inception()
    fill(network, tensors, tmp_path, UNUSED)
    assert sum(value.numel() for value in network.parameters()) == 21_785_568
    features = frechet.inception_features(network)(pictures(2, 3))
    assert features.shape == (2, 2048) and features.std() > 0.0


def test_inception_pools_as_its_graph_does() -> None:
    """Averages leave the padding out, and the last block takes the greatest in their place."""
    network = Inception()
    ones = torch.ones(1, 2048, 4, 4)
    seen: dict[str, torch.Tensor] = {}
    for block in ("Mixed_5b", "Mixed_6b", "Mixed_7b", "Mixed_7c"):
        pooled = network.get_submodule(f"{block}.branch_pool")
        pooled.register_forward_pre_hook(lambda _, given, name=block: seen.update({name: given[0]}))
        width = pooled.conv.in_channels  # type: ignore[union-attr]
        ramp = ones[:, :width] + torch.arange(4.0)
        network.get_submodule(block)(ramp)
    assert torch.allclose(seen["Mixed_5b"][0, 0, 0], torch.tensor([1.5, 2.0, 3.0, 3.5]))
    assert torch.allclose(seen["Mixed_7b"], seen["Mixed_5b"][:, :1].expand(1, 1280, 4, 4))
    assert torch.allclose(seen["Mixed_7c"][0, 0, 0], torch.tensor([2.0, 3.0, 4.0, 4.0]))


def test_arcface_files_say_how_deep_they_are(tmp_path: Path) -> None:
    """A file of any depth finds a network of its depth; the published depths have the published sizes."""
    tensors = load_tensors(published.arcface(tmp_path, (1, 2, 1, 1)))
    assert depths_of(tensors) == (1, 2, 1, 1)
    network = IResNet(depths_of(tensors))
    fill(network, tensors, tmp_path)
    assert network.eval()(torch.zeros(1, 3, 112, 112)).shape == (1, 512)
    with torch.device("meta"):
        sizes = {name: sum(value.numel() for value in IResNet(DEPTHS[name]).parameters()) for name in DEPTHS}
    assert sizes == {18: 24_025_600, 34: 34_139_328, 50: 43_590_848, 100: 65_156_160}


def test_a_file_of_another_network_is_told(tmp_path: Path) -> None:
    """SyncNet's tensors under ArcFace's name are refused."""
    published.syncnet(tmp_path).rename(tmp_path / "backbone.pth")
    with pytest.raises(ModelError, match="of another network"):
        clip_metrics.measures(clip(), tmp_path)


def test_cepstra_are_their_definition() -> None:
    """One window, written out: pre-emphasis, power, triangles, logarithm, cosine transform, lifter."""
    sound = np.random.default_rng(4).normal(0.0, 0.1, 560).astype(np.float32)
    samples = np.rint(sound.astype(float) * 32768)
    emphasised = np.array([samples[0], *(samples[i] - 0.97 * samples[i - 1] for i in range(1, 560))])
    power = np.abs(np.fft.fft(emphasised[160:560], 512)[:257]) ** 2 / 512
    mel = np.linspace(0.0, 2595 * np.log10(1 + 8000 / 700), 28)
    corner = np.floor(513 * 700 * (10 ** (mel / 2595) - 1) / 16000)
    logs = []
    for j in range(26):
        total = 0.0
        for k in range(257):
            if corner[j] <= k < corner[j + 1]:
                total += power[k] * (k - corner[j]) / (corner[j + 1] - corner[j])
            elif corner[j + 1] <= k < corner[j + 2]:
                total += power[k] * (corner[j + 2] - k) / (corner[j + 2] - corner[j + 1])
        logs.append(np.log(total))
    slow = [np.log(power.sum())]
    for c in range(1, 13):
        wave = sum(logs[j] * np.cos(np.pi * c * (2 * j + 1) / 52) for j in range(26)) * np.sqrt(2 / 26)
        slow.append(wave * (1 + 11 * np.sin(np.pi * c / 22)))
    rows = lip_sync.cepstra(sound)
    assert rows.shape == (2, 13)
    assert np.allclose(rows[1], slow, rtol=1e-9)


def test_sound_that_is_late_is_found_late() -> None:
    """Points that are the same but three frames later lie apart nothing there, and much elsewhere."""
    points = np.random.default_rng(5).normal(size=(80, 16)).astype(np.float32)
    confidence, distance, lag = lip_sync.errors(points[3:63], points[:60])
    assert lag == 3
    assert distance < 0.5 < confidence


def test_syncnet_takes_the_published_file_and_hears_a_clip(tmp_path: Path) -> None:
    """Every tensor finds its place; a clip at 30 frames a second is looked at 25 times a second."""
    network = SyncNet()
    fill(network, load_tensors(published.syncnet(tmp_path)), tmp_path)
    looked: list[int] = []
    network.netcnnlip.register_forward_hook(lambda *given: looked.append(len(given[2])))
    sound = np.random.default_rng(6).normal(0.0, 0.1, 16_000).astype(np.float32)
    measure = lip_sync.Sync(network, sound, np.tile(face(), (24, 1, 1)), Fraction(30))
    for frame, picture in enumerate(pictures(12, 7), start=6):
        measure.update(frame, picture, picture)
    scores = measure.compute()
    assert set(scores) == {"lse_c", "lse_d", "sync_lag_frames"}
    assert np.isfinite(list(scores.values())).all() and scores["lse_d"] > 0.0
    assert sum(looked) == 10 - 4
    assert network.sound(torch.zeros(1, 1, 13, 20)).shape == (1, EMBEDDING)


def test_faces_are_placed_where_arcface_wants_them() -> None:
    """A turned and shrunk face has its eyes, nose and mouth at the published places."""
    turn = 0.3
    landmarks = face()
    matrix = 1.7 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = (landmarks @ matrix.T + [30.0, 5.0]).astype(np.float32)
    found = face_crop.similarity(moved, landmarks)
    assert np.allclose(moved @ found[:, :2].T + found[:, 2], landmarks, atol=1e-3)
    points = (moved + np.random.default_rng(9).normal(0.0, 3.0, moved.shape)).astype(np.float32)
    assert np.allclose(face_crop.similarity(points, landmarks), _least_squares(points, landmarks), atol=1e-3)
    with pytest.raises(PortraitError, match="in one place"):
        face_crop.similarity(np.ones((5, 2), np.float32), face_crop.FIVE_POINTS)


def _least_squares(points: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The similarity (2, 3) written out as four unknowns."""
    x, y = points.astype(np.float64).T
    one = np.ones_like(x)
    none = np.zeros_like(x)
    rows = np.concatenate([np.stack([x, -y, one, none], axis=1), np.stack([y, x, none, one], axis=1)])
    a, b, right, down = np.linalg.lstsq(rows, wanted.T.ravel(), rcond=None)[0]
    return np.array([[a, -b, right], [b, a, down]])


def test_squares_are_cut_pixel_by_pixel() -> None:
    """A cut that only shifts shows the picture's own pixels, and what it is told to show beyond them."""
    picture = pictures(1, 8)[0]
    cut = face_crop.warped(picture, np.array([[1, 0, -90], [0, 1, 5]], np.float32), 16, outside=110.0)
    assert np.allclose(cut[5:, :6], picture[:11, 90:])
    assert np.allclose(cut[:4], 110.0) and np.allclose(cut[:, 7:], 110.0)
    doubled = face_crop.warped(picture, np.array([[2, 0, 0], [0, 2, 0]], np.float32), 32)
    assert np.allclose(doubled[2:4, 4:6].mean(axis=(0, 1)), _around(picture, 1, 2), atol=1e-3)


def _around(picture: np.ndarray, row: int, column: int) -> np.ndarray:
    """A pixel mixed with its neighbours as four points a quarter from its centre see it, on average."""
    weights = np.outer((0.125, 0.75, 0.125), (0.125, 0.75, 0.125))
    patch = picture[row - 1 : row + 2, column - 1 : column + 2].astype(float)
    return np.asarray((patch * weights[..., None]).sum(axis=(0, 1)))


def test_lips_are_cut_with_room_below() -> None:
    """SyncNet's square reaches from the top of the face to beyond the chin, and calm boxes do not jump."""
    landmarks = np.tile(face(), (20, 1, 1))
    landmarks[7] += 9.0
    boxes = face_crop.boxes(landmarks)
    assert np.ptp(boxes, axis=0).max() < 1e-4
    picture = np.zeros((SIZE, SIZE, 3), np.uint8)
    picture[70:] = 255  # from just below the chin on
    cut = face_crop.lips_square(picture, boxes[0], 70)
    top = boxes[0][1] - boxes[0][2]
    assert np.argmax(cut[:, 35, 0] > 127) == pytest.approx((70 - top) * 70 / (2.8 * boxes[0][2]), abs=1.5)


def test_the_same_face_is_the_same_person(tmp_path: Path) -> None:
    """Cosines are 1 for the same pictures and lower for others."""
    network = identity.arcface(published.arcface(tmp_path, (1, 1, 1, 1)))
    same = Csim(network, clip().landmarks)
    other = Csim(network, clip().landmarks)
    real = pictures(2, 9)
    for frame in range(2):
        same.update(frame, real[frame], real[frame])
        other.update(frame, 255 - real[frame] // 2, real[frame])
    assert same.compute()["csim"] == pytest.approx(1.0, abs=1e-4)
    assert other.compute()["csim"] < 0.99


def test_without_networks_all_but_the_stand_ins_is_skipped() -> None:
    """What is skipped is named with the network it needs, to people and to programs."""
    taken, skipped = clip_metrics.measures(clip())
    assert [type(measure) for measure in taken] == [Sharpness, Csim, frechet.Frechet]
    assert {entry.name: entry.needs for entry in skipped} == {
        "FID": "inception",
        "LSE-C and LSE-D": "syncnet",
        "CSIM": "arcface",
        "A-EMD and V-EMD by EmoNet": "emonet",
        "LMD and lips as they are seen": "mediapipe",
    }
    told = clip_metrics.lines({"frechet_handmade": 0.5}, tuple(skipped))
    assert "not FID" in told[0]
    assert told[1].startswith("FID n/a (needs inception: ") and "pt_inception-2015-12-05" in told[1]


def test_with_networks_everything_is_measured(tmp_path: Path) -> None:
    """All files but EmoNet's in one folder give all scores but its own."""
    published.inception(tmp_path), published.syncnet(tmp_path), published.arcface(tmp_path, (1, 1, 1, 1))
    taken, skipped = clip_metrics.measures(clip(8, noise(tmp_path / "a.wav", 1.0)), tmp_path)
    assert [entry.needs for entry in skipped] == ["emonet", "mediapipe"]
    made = pictures(8, 10)
    real = pictures(8, 11)
    for frame in range(8):
        for measure in taken:
            measure.update(frame, made[frame], real[frame])
    scores = {name: score for measure in taken for name, score in measure.compute().items()}
    assert set(scores) == {
        "fid",
        "lse_c",
        "lse_d",
        "sync_lag_frames",
        "csim",
        "csim_handmade",
        "cpbd",
        "cpbd_real",
        "frechet_handmade",
    }
    assert np.isfinite(list(scores.values())).all() and scores["fid"] > 0.0
    assert len(clip_metrics.lines(scores, ())) == len(scores)  # each has a name for people


@pytest.mark.parametrize(("n_frames", "has_sound", "told"), [(8, False, "no sound"), (3, True, "too few")])
def test_clips_that_cannot_be_heard_say_why(n_frames: int, has_sound: bool, told: str, tmp_path: Path) -> None:
    """Without sound, or shorter than a window, lip-sync is skipped though its network is there."""
    published.syncnet(tmp_path)
    sound = noise(tmp_path / "a.wav", 1.0) if has_sound else None
    _, skipped = clip_metrics.measures(clip(n_frames, sound), tmp_path)
    reasons = {entry.name: (entry.needs, entry.reason) for entry in skipped}
    assert reasons["LSE-C and LSE-D"][0] == "" and told in reasons["LSE-C and LSE-D"][1]


def test_a_landmarker_that_is_named_must_be_there(tmp_path: Path) -> None:
    """Without MediaPipe lips are skipped; with a model file that cannot be used the command ends."""
    with pytest.raises(PortraitError, match="no MediaPipe for"):
        clip_metrics.measures(clip(), landmarker=tmp_path / "x.task")


class Eyes:
    """A detector that finds what it is told to, in pictures twice as large."""

    def __init__(self, tracks: np.ndarray) -> None:
        self._tracks = list(tracks)
        self.shapes = set[tuple[int, ...]]()

    def faces(self, picture: np.ndarray, time_ms: int) -> np.ndarray:
        """The next one; no face where that is not a number."""
        self.shapes.add(picture.shape)
        points = self._tracks[time_ms // 40]
        return points[None] * 2.0 if np.isfinite(points).all() else np.zeros((0, 478, 2), np.float32)


def speaking(n_frames: int) -> np.ndarray:
    """Landmarks (T, 478, 2) of a face whose lower lip moves."""
    tracks = np.tile(face(), (n_frames, 1, 1))
    gap = np.abs(np.cumsum(np.random.default_rng(2).normal(0.0, 1.0, n_frames)))
    for upper, lower in lips.INNER:
        tracks[:, lower] = tracks[:, upper]
        tracks[:, lower, 1] += gap
    return tracks


def test_lips_are_measured_as_they_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same lips agree wholly; lips that are three frames late are found to be; frames without a face are told."""
    real = speaking(40)
    black = np.zeros((SIZE, SIZE, 3), np.uint8)
    late = np.roll(real, 3, axis=0)
    late[20] = np.nan
    for tracks, best, lag, unseen in ((real, 1.0, 0, 0), (late, 1.0, 3, 1)):
        eyes = Eyes(tracks)
        monkeypatch.setattr(mouth_tracking, "detector", lambda _file, found=eyes: nullcontext(found))
        measure = mouth_tracking.Retracked(real, RATE)
        for frame in range(40):
            measure.update(frame, black, black)
        scores = measure.compute()
        assert eyes.shapes == {(2 * SIZE, 2 * SIZE, 3)} and scores["frames_without_face"] == unseen
        assert scores["lips_lag_frames"] == lag and scores["lips_best_r"] == pytest.approx(best, abs=0.1)
        assert (scores["lmd"] < 1e-6) is (lag == 0) and (scores["lips_r"] > 0.999) is (lag == 0)
