"""USD files, written and read, and looked at with USD itself."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facetake import formats, rig
from facetake.errors import TakeError
from facetake.files import apart
from facetake.formats import usd_layer, usd_skel
from facetake.take import Take

_ABSENT = "USD needs usd-core, which the usd extra brings"


@pytest.fixture
def usd() -> Any:
    """USD's own modules; skips without them."""
    for module in ("Sdf", "UsdGeom", "UsdSkel"):
        pytest.importorskip(f"pxr.{module}", reason=_ABSENT)
    return pytest.importorskip("pxr", reason=_ABSENT)


@pytest.mark.parametrize("rate", ["24", "24000/1001", "60"])
@pytest.mark.parametrize("start", ["0", "-2", "1/10", "-1001/30000"])
def test_round_trip(tmp_path: Path, make_take: Callable[..., Take], usd: Any, rate: str, start: str) -> None:
    """A take comes back exactly as it was, whatever its rate and start."""
    take = make_take(90, rate=Fraction(rate), start=Fraction(start), head=True)
    usd_skel.write(take, tmp_path / "take.usda")
    found = usd_skel.read(tmp_path / "take.usda")
    np.testing.assert_array_equal(found.values, take.values)
    assert take.head is not None and found.head is not None
    np.testing.assert_array_equal(found.head, take.head)
    assert (found.rate, found.start, found.origin) == (take.rate, take.start, take.origin)


@pytest.mark.parametrize("n_frames", [1, 2])
def test_short_takes(tmp_path: Path, make_take: Callable[..., Take], usd: Any, n_frames: int) -> None:
    """A take of one frame comes back as one, without head motion where there was none."""
    take = make_take(n_frames)
    usd_skel.write(take, tmp_path / "take.usda")
    found = usd_skel.read(tmp_path / "take.usda")
    np.testing.assert_array_equal(found.values, take.values)
    assert found.head is None


def test_the_same_take_gives_the_same_bytes(tmp_path: Path, make_take: Callable[..., Take], usd: Any) -> None:
    """Nothing in the file depends on when or where it was written."""
    for name in ("a.usda", "b.usda"):
        usd_skel.write(make_take(5, head=True), tmp_path / name)
    assert (tmp_path / "a.usda").read_bytes() == (tmp_path / "b.usda").read_bytes()


def test_usd_sees_the_clock_and_the_curves(tmp_path: Path, make_take: Callable[..., Take], usd: Any) -> None:
    """Opened as a stage, it has the units and time codes said, and every control's float at every frame."""
    take = make_take(30, rate=Fraction(30000, 1001), start=Fraction(-4 * 1001, 30000), head=True)
    usd_skel.write(take, tmp_path / "take.usda")
    stage = usd.Usd.Stage.Open(str(tmp_path / "take.usda"))
    assert stage.GetTimeCodesPerSecond() == stage.GetFramesPerSecond() == 30000 / 1001
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (-4, 25)
    assert usd.UsdGeom.GetStageUpAxis(stage) == "Y" and usd.UsdGeom.GetStageMetersPerUnit(stage) == 0.01
    assert stage.GetDefaultPrim().GetPath() == "/Facetake"
    prim = stage.GetPrimAtPath("/Facetake/Curves")
    assert list(prim.GetAttribute("metahuman:names").Get()) == list(rig.NAMES)
    assert prim.GetCustomDataByKey("facetake:rate") == "30000/1001"
    found = [
        [prim.GetAttribute(f"metahuman:{name.replace('.', '_')}").Get(frame - 4) for name in rig.NAMES]
        for frame in range(30)
    ]
    np.testing.assert_array_equal(np.array(found, np.float32), take.values)
    turns = [[prim.GetAttribute(f"head:{name}").Get(3) for name in ("yaw", "pitch", "roll")]]
    assert take.head is not None
    np.testing.assert_array_equal(np.array(turns, np.float32), take.head[7:8])


def test_usd_sees_a_bound_animation(tmp_path: Path, make_take: Callable[..., Take], usd: Any) -> None:
    """UsdSkel finds the skeleton, its animation and the mesh bound to both, and the weights are the take's in ARKit."""
    take = make_take(12, rate=Fraction(24))
    usd_skel.write(take, tmp_path / "take.usda")
    stage = usd.Usd.Stage.Open(str(tmp_path / "take.usda"))
    root = usd.UsdSkel.Root(stage.GetDefaultPrim())
    cache = usd.UsdSkel.Cache()
    assert cache.Populate(root, usd.Usd.PrimDefaultPredicate)
    (binding,) = cache.ComputeSkelBindings(root, usd.Usd.PrimDefaultPredicate)
    (target,) = binding.GetSkinningTargets()
    assert target.GetPrim().GetPath() == "/Facetake/Shapes" and target.HasBlendShapes()
    animation = cache.GetSkelQuery(binding.GetSkeleton()).GetAnimQuery()
    assert list(animation.GetBlendShapeOrder()) == list(rig.ARKIT_NAMES)
    weights = rig.to_arkit(take.values)
    for frame in range(12):
        np.testing.assert_array_equal(animation.ComputeBlendShapeWeights(frame), weights[frame])
    shapes = usd.UsdSkel.BlendShapeQuery(usd.UsdSkel.BindingAPI(target.GetPrim()))
    assert shapes.GetNumBlendShapes() == 52
    mesh = usd.UsdGeom.Mesh(target.GetPrim())
    assert usd.UsdGeom.Mesh.ValidateTopology(
        mesh.GetFaceVertexIndicesAttr().Get(), mesh.GetFaceVertexCountsAttr().Get(), len(mesh.GetPointsAttr().Get())
    )


def test_binary_files_by_name(tmp_path: Path, make_take: Callable[..., Take], usd: Any) -> None:
    """A take that went through USD's binary form comes back."""
    take = make_take(5)
    usd_skel.write(take, tmp_path / "take.usda")
    usd.Usd.Stage.Open(str(tmp_path / "take.usda")).Export(str(tmp_path / "take.usdc"))
    np.testing.assert_array_equal(usd_skel.read(tmp_path / "take.usdc").values, take.values)


def test_a_file_is_read_anew(tmp_path: Path, make_take: Callable[..., Take], usd: Any) -> None:
    """A file that was replaced is not remembered as it was."""
    for n_frames in (4, 7):
        usd_skel.write(make_take(n_frames), tmp_path / "take.usda")
        assert usd_skel.read(tmp_path / "take.usda").n_frames == n_frames


BY_OTHERS = """#usda 1.0
(
    timeCodesPerSecond = 30
    startTimeCode = 3
    endTimeCode = 6
)
def Xform "rig"
{
    def SkelAnimation "body"
    {
        uniform token[] joints = ["hip"]
    }
    def SkelAnimation "face"
    {
        uniform token[] blendShapes = ["jawOpen", "tongueUp", "eyeBlinkLeft"]
        float[] blendShapeWeights.timeSamples = {
            3: [0, 0, 1],
            5: [0.5, 0, 1],
        }
    }
}
"""


def test_other_animations_of_arkit_shapes(tmp_path: Path, usd: Any) -> None:
    """An animation of ARKit's shapes alone is read through them, frames between samples included."""
    (tmp_path / "a.usda").write_text(BY_OTHERS)
    take = usd_skel.read(tmp_path / "a.usda")
    assert (take.rate, take.start, take.n_frames) == (Fraction(30), Fraction(1, 10), 4)
    shapes = np.zeros((4, 52), np.float32)
    shapes[:, rig.ARKIT_NAMES.index("jawOpen")] = [0, 0.25, 0.5, 0.5]
    shapes[:, rig.ARKIT_NAMES.index("eyeBlinkLeft")] = 1
    np.testing.assert_allclose(take.values, rig.from_arkit(shapes), atol=1e-6)
    assert take.origin == {"format": "usd", "passed_over": ["tongueUp"]}


def _own(usd: Any) -> str:
    """A file of Facetake's own."""
    stage = usd.Usd.Stage.CreateInMemory()
    take = Take(np.tile(rig.NEUTRAL, (3, 1)), Fraction(30))
    usd_skel._clock(stage, [0.0, 1.0, 2.0], take.rate, usd)
    usd_skel._curves(stage, take, [0.0, 1.0, 2.0], usd)
    return str(stage.GetRootLayer().ExportToString())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("#usda 1.0", "Kaydara FBX", "line 1: not USD"),
        ("def", "def def", "line [0-9]+: not USD"),
        ('"30"', '"0"', "is no frame rate"),
        ('string rate = "30"', "int rate = 30", '"rate" of /Facetake/Curves is missing or of the wrong kind'),
        ("dictionary facetake", "dictionary other", "has no customData facetake"),
        ("int version = 1", "int version = 2", "version 2"),
        ('origin = "{}"', 'origin = "{"', "the origin is not JSON"),
        ("endTimeCode = 2", "endTimeCode = -2", "time codes 0 to -2"),
        ("endTimeCode = 2", "endTimeCode = 1e12", "correct endTimeCode"),
        ("float metahuman:CTRL_C_jaw_translateY", "float metahuman:other", "CTRL_C_jaw_translateY is missing"),
        ("token[] metahuman:names", "int[] metahuman:names", "line [0-9]+: not USD"),
        ('["CTRL_C_eye.translateX", ', "[", "missing from the header: CTRL_C_eye.translateX"),
        ("0: 0,", "0: nan,", "has a sample that is not a number"),
        ("0: 0,", "0: 7,", "outside -1 to 1"),
        ('"Curves"', '"Nothing"', "neither Facetake's curves nor ARKit's"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, usd: Any, old: str, new: str, said: str) -> None:
    """A file with one fault is a TakeError that names the file and what is wrong."""
    whole = _own(usd)
    assert old in whole
    (tmp_path / "a.usda").write_text(whole.replace(old, new))
    with pytest.raises(TakeError, match=said) as caught:
        usd_skel.read(tmp_path / "a.usda")
    assert str(tmp_path / "a.usda") in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[0.5, 0, 1]", "[0.5, 0]", "blendShapeWeights, sample 1: needs 3 numbers"),
        ("[0.5, 0, 1]", "[0.5, 0, inf]", "blendShapeWeights, sample 1"),
        ("[0.5, 0, 1]", "[0.5, 0, 90]", "frame 1, eyeBlinkLeft: 45.5 is no blend-shape weight"),
        ("blendShapeWeights.", "others.", "blendShapeWeights, sample 0"),
        ("= 30", "= 0.5", "not a rate in use"),
    ],
)
def test_bad_animations_are_named(tmp_path: Path, usd: Any, old: str, new: str, said: str) -> None:
    """An animation of ARKit's shapes with one fault is a TakeError that says which."""
    (tmp_path / "a.usda").write_text(BY_OTHERS.replace(old, new))
    with pytest.raises(TakeError, match=said):
        usd_skel.read(tmp_path / "a.usda")


@pytest.mark.parametrize("content", [b"PXR-USDC" + bytes(200), b"\xff\xfe\x00\x01" * 9, b""])
def test_what_is_no_usd_is_refused(tmp_path: Path, usd: Any, content: bytes) -> None:
    """A damaged binary file, one that is no text and an empty one are TakeErrors."""
    (tmp_path / "a.usdc").write_bytes(content)
    with pytest.raises(TakeError, match="a.usdc: "):
        usd_skel.read(tmp_path / "a.usdc")


def test_without_usd_it_says_what_to_install(
    tmp_path: Path, make_take: Callable[..., Take], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where usd-core is missing, reading and writing are TakeErrors that say what to install."""

    def absent(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(usd_layer, "import_module", absent)
    with pytest.raises(TakeError, match=r'pip install "facetake\[usd\]"'):
        usd_skel.write(make_take(), tmp_path / "take.usda")
    with pytest.raises(TakeError, match=r'pip install "facetake\[usd\]"'):
        usd_skel.read(tmp_path / "take.usda")


def test_binary_files(tmp_path: Path, make_take: Callable[..., Take], usd: Any) -> None:
    """`.usdc` and `.usd` are written as USD's binary kind, the same bytes each time, and come back without loss."""
    take = make_take(50, rate=Fraction(24000, 1001), start=Fraction(-1, 3), head=True)
    for name in ("a.usdc", "b.usd"):
        formats.write(take, tmp_path / name)
        formats.write(take, tmp_path / f"again_{name}")
        assert (tmp_path / name).read_bytes().startswith(b"PXR-USDC")
        assert (tmp_path / name).read_bytes() == (tmp_path / f"again_{name}").read_bytes()
        found = formats.read(tmp_path / name)
        np.testing.assert_array_equal(found.values, take.values)
        assert (found.rate, found.start, found.origin) == (take.rate, take.start, take.origin)
    assert usd.Usd.Stage.Open(str(tmp_path / "b.usd")).GetDefaultPrim().GetPath() == "/Facetake"


@pytest.mark.parametrize("name", ["text.usd", "text.usdc", "binary.usda"])
def test_the_kind_is_told_by_the_file(tmp_path: Path, make_take: Callable[..., Take], usd: Any, name: str) -> None:
    """Text and binary files are read whatever their suffix says."""
    take = make_take(4)
    source = tmp_path / ("take.usdc" if "binary" in name else "take.usda")
    formats.write(take, source)
    source.rename(tmp_path / name)
    np.testing.assert_array_equal(formats.read(tmp_path / name).values, take.values)


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_binary_file_harms_nobody(
    tmp_path: Path, make_take: Callable[..., Take], usd: Any, seed: int
) -> None:
    """Whatever USD's library does with it, even dying, is a take or a TakeError here."""
    path = tmp_path / "take.usdc"
    formats.write(make_take(4), path)
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    for at in rng.integers(8, len(data), 40):
        data[at] = rng.integers(256)
    path.write_bytes(data)
    try:
        formats.read(path)
    except TakeError as error:
        assert str(path) in str(error) and "\n" not in str(error)


def test_a_library_that_dies_is_told(
    tmp_path: Path, make_take: Callable[..., Take], usd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the other process ends without a word, the file is said to be damaged."""
    formats.write(make_take(4), tmp_path / "take.usdc")
    monkeypatch.setattr(apart, "_CODE", "import os; os.abort()")
    with pytest.raises(TakeError, match=r"take.usdc: USD's own library crashed on it"):
        formats.read(tmp_path / "take.usdc")


SAMPLED = """#usda 1.0
(
    timeCodesPerSecond = 24
    startTimeCode = 0
    endTimeCode = {end}
)
def SkelAnimation "face"
{{
    uniform token[] blendShapes = ["jawOpen"]
    float[] blendShapeWeights.timeSamples = {{ {samples} }}
}}
"""


def test_the_rate_is_that_of_the_samples(tmp_path: Path, usd: Any) -> None:
    """Samples sixty times a second in a file of 24 time codes a second are sixty frames a second, and told."""
    opened = [0.5 - 0.5 * np.cos(i) for i in range(61)]
    samples = ", ".join(f"{i * 0.4:.6g}: [{value:.6f}]" for i, value in enumerate(opened))
    (tmp_path / "a.usda").write_text(SAMPLED.format(end=24, samples=samples))
    take = formats.read(tmp_path / "a.usda")
    assert (take.rate, take.n_frames) == (Fraction(60), 61)
    jaw = rig.to_arkit(take.values)[:, rig.ARKIT_NAMES.index("jawOpen")]
    np.testing.assert_allclose(jaw, opened, atol=1e-5)
    assert formats.notes(take) == ["sampled 60 times a second, though the file says 24: read at 60 fps"]


@pytest.mark.parametrize("codes", [(0, 12, 24), (0, 1, 24), (0, 0.1, 7, 24), (0, 1, 2, 3), (5,)])
def test_keys_are_no_rate(tmp_path: Path, usd: Any, codes: tuple[float, ...]) -> None:
    """Samples that stand further apart than frames, or unevenly, are keys: the file's own rate holds."""
    samples = ", ".join(f"{code}: [0.1]" for code in codes)
    (tmp_path / "a.usda").write_text(SAMPLED.format(end=24, samples=samples))
    take = formats.read(tmp_path / "a.usda")
    assert (take.rate, take.n_frames, formats.notes(take)) == (Fraction(24), 25, [])
