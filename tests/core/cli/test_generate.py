"""`facetake generate` as users call it, with every kind of bad input."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from facetake import formats, rig
from facetake.cli import main

Run = Callable[..., int]


@pytest.fixture
def generate(tiny_model: Path) -> Run:
    """Runs `facetake generate` with the tiny model and these arguments."""
    return lambda *arguments: main(["generate", "--model", str(tiny_model), *map(str, arguments)])


def line(path: Path, seconds: float = 0.9, rate_hz: int = 16_000) -> Path:
    """A sound file of syllable-like bursts."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    sound = np.random.default_rng(1).normal(0, 0.2, len(time)) * (np.sin(2 * np.pi * 4 * time) > 0)
    sf.write(path, sound, rate_hz)
    return path


@pytest.mark.parametrize(
    ("rate", "fps"), [("24", 24), ("24000/1001", 24000 / 1001), ("25", 25), ("30", 30), ("60", 60)]
)
def test_every_rate_has_all_columns_and_frames(tmp_path: Path, generate: Run, rate: str, fps: float) -> None:
    """174 columns in range and round(duration * rate) frames at every rate."""
    source = line(tmp_path / "a.wav", 1.3)

    assert generate(source, "--rate", rate, "-o", tmp_path / "a.csv") == 0
    header = (tmp_path / "a.csv").read_text(encoding="utf-8").split("\n")[0].split(",")
    take = formats.read(tmp_path / "a.csv")
    assert header[2 : 2 + rig.N_CONTROLS] == list(rig.NAMES)
    assert header[-3:] == ["HeadYaw", "HeadPitch", "HeadRoll"]
    assert abs(take.n_frames - round(1.3 * fps)) <= 1


def test_same_seed_same_bytes(tmp_path: Path, generate: Run) -> None:
    """The same input, options and seed give the same file; another seed gives another."""
    source = line(tmp_path / "a.wav", 4.0)
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        assert generate(source, "--seed", seed, "-o", tmp_path / f"{name}.json") == 0
    one, two, other = ((tmp_path / f"{name}.json").read_bytes() for name in ("one", "two", "other"))

    assert one == two != other


def test_folder_pattern_and_files(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Folders and patterns stand for their sound files; results go to the folder of -o."""
    (tmp_path / "in").mkdir()
    for name in ("b.wav", "a.wav", "c.flac"):
        line(tmp_path / "in" / name)
    (tmp_path / "in" / "notes.txt").write_text("no sound")

    assert generate(tmp_path / "in", "-o", tmp_path / "out") == 0
    assert [Path(written).name for written in capsys.readouterr().out.split()] == ["a.csv", "b.csv", "c.csv"]
    assert generate(tmp_path / "in" / "*.wav", "-o", tmp_path / "wild") == 0
    assert sorted(path.name for path in (tmp_path / "wild").iterdir()) == ["a.csv", "b.csv"]


def test_one_bad_file_does_not_stop_the_rest(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """The good files are done, the bad one is named, and the exit code is 1."""
    bad = tmp_path / "bad.wav"
    bad.write_text("no sound")

    assert generate(line(tmp_path / "a.wav"), bad, line(tmp_path / "z.wav"), "-o", tmp_path / "out") == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.csv", "z.csv"]
    assert "bad.wav is not a sound file" in capsys.readouterr().err


def test_json_events(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """With --progress json every line of output is an event: start, progress, failure, done."""
    bad = tmp_path / "bad.wav"
    bad.touch()
    generate(line(tmp_path / "a.wav"), bad, "-o", tmp_path / "out", "--progress", "json")
    events = [json.loads(text) for text in capsys.readouterr().out.splitlines()]

    assert [event["event"] for event in events if event["event"] != "progress"] == [
        *("start", "report", "done"),
        *("start", "failure"),
    ]
    assert max(event["share"] for event in events if event["event"] == "progress") == 1.0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "a.csv: 1.0 s of neutral, 60 frames at 60 fps\n"),
        (["--emotion", "Happy:0,7", "--rate", "29.97"], "a.csv: 1.0 s of happy 0.7, 30 frames at 29.97 fps\n"),
        (["--emotion", "happy:.5+sad:.25"], "a.csv: 1.0 s of happy 0.5 and sad 0.25, 60 frames at 60 fps\n"),
        (["--emotion", "mood.txt"], "a.csv: 1.0 s of the moods in mood.txt, 60 frames at 60 fps\n"),
        (["--takes", "2", "--seed", "3"], "a.2.csv: 1.0 s of neutral, 60 frames at 60 fps, seed 4\n"),
        (["--quiet"], ""),
    ],
)
def test_what_was_made_is_told(
    tmp_path: Path,
    generate: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    told: str,
) -> None:
    """Each take's length, mood, frames and rate are told in one sentence, and its seed where there are several."""
    monkeypatch.chdir(tmp_path)
    Path("mood.txt").write_text("0 happy\n0.5 sad\n", encoding="utf-8")
    assert generate(line(tmp_path / "a.wav", 1.0), "-o", "a.csv", *options) == 0
    assert capsys.readouterr().err.endswith(told) if told else capsys.readouterr() == ("", "")


def test_sparse_keys_rebuild_the_curve(tmp_path: Path, generate: Run) -> None:
    """Sparse keys come beside the take, fewer than frames, within 0.01 of the dense curve."""
    source = line(tmp_path / "a.wav", 3.0)
    generate(source, "-o", tmp_path / "dense.csv")
    generate(source, "--keys", "sparse", "-o", tmp_path / "sparse.csv")
    keys = json.loads((tmp_path / "sparse.keys.json").read_text(encoding="utf-8"))
    dense, sparse = (formats.read(tmp_path / f"{name}.csv").values for name in ("dense", "sparse"))

    assert list(keys["keys"]) == [*rig.NAMES, "HeadYaw", "HeadPitch", "HeadRoll"]
    assert set(keys["keys"][rig.NAMES[0]]) == {"frames", "values", "in", "out"}
    assert sum(len(curve["frames"]) for curve in keys["keys"].values()) < dense.size / 2
    assert np.abs(dense - sparse).max() <= 0.0101


def test_only_and_no_options(tmp_path: Path, generate: Run) -> None:
    """--only leaves other regions neutral; --no-head, --no-gaze and --no-blink leave out just what they name."""
    source = line(tmp_path / "a.wav", 3.0)
    for name, options in (
        ("all", []),
        ("lower", ["--only", "lower", "--no-head"]),
        ("gaze", ["--no-gaze"]),
        ("blink", ["--no-blink"]),
    ):
        assert generate(source, *options, "-o", tmp_path / f"{name}.json") == 0
    takes = {name: formats.read(tmp_path / f"{name}.json") for name in ("all", "lower", "gaze", "blink")}
    upper = rig.region_mask("upper")
    changed = {
        name: set(np.flatnonzero((takes[name].values != takes["all"].values).any(axis=0))) for name in ("gaze", "blink")
    }

    assert np.array_equal(takes["lower"].values[:, upper], np.tile(rig.NEUTRAL[upper], (180, 1)))
    assert takes["lower"].head is None
    assert set(rig.columns("C_eye.X", "C_eye.Y")) <= changed["gaze"] <= set(np.flatnonzero(rig.region_mask("eye")))
    assert (
        set(rig.both("eye_blink")) <= changed["blink"] <= set(np.flatnonzero(rig.region_mask("eye", "cheek", "brow")))
    )


def test_the_emotion_is_heard(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """--emotion auto says what was heard and how sure, keeps it with the take, and shows just that."""
    source = line(tmp_path / "a.wav", 2.0)

    assert generate(source, "--emotion", "auto", "-o", tmp_path / "a.json", "--progress", "json") == 0
    events = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    told = next(one["heard"] for one in events if one["event"] == "report")
    take = formats.read(tmp_path / "a.json")
    assert take.origin["emotion"] == "auto" and take.origin["heard"] == told and "heard_by_sha256" in take.origin
    (tmp_path / "mood.txt").write_text("\n".join(told["cues"]), encoding="utf-8")
    assert generate(source, "--emotion", tmp_path / "mood.txt", "-o", tmp_path / "b.json") == 0
    assert np.abs(formats.read(tmp_path / "b.json").values - take.values).max() < 0.02
    assert generate(source, "--emotion", "auto:line", "-o", tmp_path / "c.json") == 0
    assert "a.wav: heard " in capsys.readouterr().err


def test_silence_has_no_emotion(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Silence with --emotion auto is neutral, and said to be without a voice."""
    sf.write(tmp_path / "a.wav", np.zeros(16_000), 16_000)
    for name, mood in (("a", "auto"), ("b", "neutral")):
        assert generate(tmp_path / "a.wav", "--emotion", mood, "-o", tmp_path / f"{name}.json") == 0

    heard, neutral = (formats.read(tmp_path / f"{name}.json").values for name in "ab")
    assert np.array_equal(heard, neutral)
    told = capsys.readouterr().err
    assert "heard no voice; left neutral" in told and "of neutral, " in told and "as heard" not in told


def test_a_take_or_a_list_is_no_recording(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Who names one is told which command reads it, and nothing is written."""
    (tmp_path / "lines.csv").write_text("id,audio\n", encoding="utf-8")
    assert generate(tmp_path / "lines.csv") == 2
    assert "lines.csv is no recording; lists are for 'facetake batch'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["lines.csv"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--emotion", "hapy"], "unknown emotion 'hapy'"),
        (["--emotion", "happy:1.5"], "0 to 1"),
        (["--emotion", "auto:0.5"], "or auto alone"),
        (["--rate", "0"], "frame rate"),
        (["--rate", "fast"], "frame rate"),
        (["--only", "lips"], "use one of brow, eye"),
        (["--gain", "brow"], "REGION=X"),
        (["--gain", "lips=2"], "use one of brow, eye"),
        (["--gain", "brow=-1"], "--gain brow: X is"),
        (["--seed", "-1"], "not a whole number of 0 or more"),
        (["--energy", "2.1"], "--energy"),
        (["--energy", "nan"], "--energy"),
        (["--takes", "0"], "--takes"),
        (["--look", "left"], "--look: 'left' is no target"),
        (["--look", "0,0,0"], "lies in the head"),
        (["--look", "camera", "--no-gaze"], "--no-gaze leaves it out"),
        (["--format", "fbx"], "known: csv, json"),
        (["--model", "gone"], "models.toml is missing"),
    ],
)
def test_mistaken_options_do_nothing(
    tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    """A mistaken option is named in one sentence, exit code 2, and nothing is written."""
    source = line(tmp_path / "a.wav")

    assert generate(source, "-o", tmp_path / "out.csv", *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("facetake: error: ") and says in error and error.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()


def test_two_inputs_one_output(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Two inputs of the same name would overwrite each other: refused before anything runs."""
    (tmp_path / "x").mkdir()
    sources = line(tmp_path / "a.wav"), line(tmp_path / "x" / "a.wav")

    assert generate(*sources, "-o", tmp_path / "out") == 2
    assert "both write" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "target", ["taken.csv", "file/out.csv", "/dev/full/x.csv", "x" * 300 + ".csv", "x" * 300, "gone/a.csv", "a.xyz"]
)
def test_unwritable_targets(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str], target: str) -> None:
    """A folder or a file in the way, no folder, no format and a name too long: one sentence and exit code 2."""
    (tmp_path / "taken.csv").mkdir()
    (tmp_path / "taken.csv" / "a.csv").mkdir()
    (tmp_path / "file").touch()

    assert generate(line(tmp_path / "a.wav"), "-o", tmp_path / target) == 2
    error = capsys.readouterr().err
    assert error.startswith("facetake: error: ") and error.count("\n") == 1 and "unforeseen" not in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "file", "taken.csv"]


def test_a_full_disk_is_one_sentence(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """A target without room is named with the reason, exit code 2."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")

    assert generate(line(tmp_path / "a.wav"), "--format", "csv", "-o", "/dev/full") == 2
    assert "/dev/full: cannot be written (No space left on device)" in capsys.readouterr().err


def test_nothing_done_leaves_no_folder(tmp_path: Path, generate: Run) -> None:
    """Where every input fails, not even the folder of -o is made."""
    assert generate(tmp_path / "gone.wav", tmp_path / "lost.wav", "-o", tmp_path / "out") == 2
    assert not list(tmp_path.iterdir())


def test_a_film_that_fails_leaves_the_take(
    tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the take is written and its film fails, the take is told and the exit code says partly: 1."""
    from facetake import preview
    from facetake.cli import inputs
    from facetake.errors import RenderError

    def fails(*_: object, **__: object) -> int:
        raise RenderError("no film today")

    monkeypatch.setattr(preview, "render", fails)
    monkeypatch.setattr(inputs, "find_spec", lambda name: name)
    source = line(tmp_path / "a.wav")

    assert generate(source, "-o", tmp_path / "a.csv", "--preview", tmp_path / "a.mp4") == 1
    told = capsys.readouterr()
    assert told.err == "facetake: error: no film today\n" and told.out.strip() == str(tmp_path / "a.csv")


def test_a_recording_is_never_overwritten(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """No spelling of an input's path, nor the film, nor sparse keys, may replace a file that is read."""
    source = line(tmp_path / "a.wav")
    film = source.rename(tmp_path / "v.mp4")
    (tmp_path / "link.csv").symlink_to(film)
    cues = tmp_path / "mood.csv"
    cues.write_text("0 happy\n")
    looks = tmp_path / "look.csv"
    looks.write_text("0 camera\n")
    before = film.read_bytes(), cues.read_bytes(), looks.read_bytes()

    for options in (
        ["--format", "csv", "-o", tmp_path / "x" / ".." / "v.mp4"],
        ["-o", tmp_path / "link.csv"],
        ["--preview", film, "-o", tmp_path / "new.csv"],
        ["--emotion", cues, "-o", cues],
        ["--look", looks, "-o", looks],
    ):
        (tmp_path / "x").mkdir(exist_ok=True)
        assert generate(film, *options) == 2
        assert "would be overwritten" in capsys.readouterr().err
    assert (film.read_bytes(), cues.read_bytes(), looks.read_bytes()) == before
    assert not (tmp_path / "new.csv").exists()


def test_sparse_keys_do_not_replace_a_take(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Where one line's keys and another's take are one file, nothing runs."""
    sources = line(tmp_path / "l.wav"), line(tmp_path / "l.keys.wav")

    assert generate(*sources, "--keys", "sparse", "--format", "json", "-o", tmp_path / "out") == 2
    assert "both write" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-o", "take.xyz"], "no format has this suffix"),
        (["-o", "gone/take.csv"], "no folder"),
        (["--preview", "gone/take.mp4"], "no folder"),
        (["--preview", "take.txt"], "no film's name"),
    ],
)
def test_bad_targets_show_before_anything_runs(
    tmp_path: Path,
    generate: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    says: str,
) -> None:
    """A target that cannot be written is named before time is spent on the line, and no take is left."""
    monkeypatch.chdir(tmp_path)

    assert generate(line(tmp_path / "a.wav"), *options) == 2
    assert says in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_a_name_too_long_or_a_bug_does_not_stop_the_rest(
    tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an input's name that is too long nor an unforeseen error of one line costs the others."""
    import facetake.generate as engine

    real = engine.generate

    def failing(path: Path, *rest: object) -> object:
        return 1 / 0 if path.stem == "bug" else real(path, *rest)  # type: ignore[arg-type]

    monkeypatch.delenv("FACETAKE_DEBUG", raising=False)
    monkeypatch.setattr(engine, "generate", failing)
    sources = tmp_path / ("q" * 300 + ".wav"), line(tmp_path / "bug.wav"), line(tmp_path / "good.wav")

    assert generate(*sources, "-o", tmp_path / "out") == 1
    error = capsys.readouterr().err
    assert "cannot read" in error and "ZeroDivisionError" in error
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.csv"]


def test_an_empty_name_is_no_folder(generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty argument, as an unset variable leaves one, does not mean the folder one stands in."""
    assert generate("") == 2
    assert "empty name" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["línea – 台词 ü.wav", "a" * 200 + ".wav"])
def test_paths_of_any_name(tmp_path: Path, generate: Run, name: str) -> None:
    """Names with any letters and very long ones work."""
    folder = tmp_path / ("f" * 100) / "папка"
    folder.mkdir(parents=True)

    assert generate(line(folder / name)) == 0
    assert (folder / name).with_suffix(".csv").exists()


@pytest.mark.parametrize("what", ["missing", "altered", "version"])
def test_bad_models(tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    """A model that is missing, altered or of another version is refused by name, exit code 2."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    model = folder / "audio2rig.onnx"
    if what == "missing":
        model.unlink()
    elif what == "altered":
        model.write_bytes(model.read_bytes()[:-1] + b"x")
    else:
        spoil_version(folder)

    assert main(["generate", "--model", str(folder), str(line(tmp_path / "a.wav"))]) == 2
    says = {"missing": "is missing", "altered": "has been altered", "version": "does not fit this version"}[what]
    assert says in capsys.readouterr().err


def spoil_version(folder: Path) -> None:
    """Gives the model another version and models.toml its new hash."""
    onnx = pytest.importorskip("onnx")
    from facetake.files import hash_of

    model = onnx.load(folder / "audio2rig.onnx")
    onnx.helper.set_model_props(model, {"facetake_model": "audio2rig", "facetake_version": "99"})
    onnx.save(model, folder / "audio2rig.onnx")
    others = (folder / "models.toml").read_text(encoding="utf-8").split("[audio2rig]")[0]
    text = f'{others}[audio2rig]\nfile = "audio2rig.onnx"\nsha256 = "{hash_of(folder / "audio2rig.onnx")}"\n'
    (folder / "models.toml").write_text(text, encoding="utf-8")


def test_several_takes_of_a_line(tmp_path: Path, generate: Run) -> None:
    """--takes 3 writes three performances; the first is the one that comes without it."""
    source = line(tmp_path / "a.wav", 2.0)
    assert generate(source, "-o", tmp_path / "one.json") == 0
    assert generate(source, "--takes", 3, "-o", tmp_path / "a.json") == 0
    takes = [formats.read(tmp_path / name) for name in ("one.json", "a.json", "a.2.json", "a.3.json")]
    assert (takes[0].values == takes[1].values).all()
    assert [take.origin["seed"] for take in takes[1:]] == [0, 1, 2]
    assert (takes[1].values != takes[2].values).any() and (takes[2].values != takes[3].values).any()


def test_several_takes_never_share_a_file(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """A line that is called as another's second take is refused before anything is written."""
    sources = [line(tmp_path / name) for name in ("a.wav", "a.2.wav")]
    assert generate(*sources, "--takes", 2, "-o", tmp_path / "out") == 2
    assert "a.2.csv" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_energy_is_how_much_the_face_acts(tmp_path: Path, generate: Run) -> None:
    """More energy moves the brows more."""
    source = line(tmp_path / "a.wav", 4.0)
    spreads = []
    for energy in ("0", "1", "2"):
        assert generate(source, "--energy", energy, "--no-blink", "-o", tmp_path / f"{energy}.json") == 0
        values = formats.read(tmp_path / f"{energy}.json").values
        spreads.append(float(values[:, rig.region_mask("brow")].std(axis=0).mean()))
    assert spreads[0] < spreads[1] < spreads[2]


def test_a_look_is_in_the_take(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """`--look` aims the eyes to the left; out of reach is told once, and the take knows what was looked at."""
    source = line(tmp_path / "a.wav", 3.0)
    (tmp_path / "look.txt").write_text("0 camera\n1 1,0,1\n2 0,0,-2\n")

    assert generate(source, "--look", tmp_path / "look.txt", "-o", tmp_path / "a.npz") == 0
    take = formats.read(tmp_path / "a.npz")
    assert take.head is not None and take.origin["look"] == "look.txt" and "look_sha256" in take.origin
    side = take.values[:, rig.columns("C_eye.X")[0]]
    assert abs(side[50]) < 0.3 and side[66] > 0.6 and take.head[110, 0] > 10
    assert capsys.readouterr().err.count("the target at 2 s is out of reach") == 1
    assert generate(source, "--look=-1,0,1", "-o", tmp_path / "b.npz") == 0
    assert formats.read(tmp_path / "b.npz").values[:, rig.columns("C_eye.X")[0]].mean() < -0.3


def test_events_are_in_the_take(tmp_path: Path, generate: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """`--events` takes a file or the events themselves; the take knows them, and one past the end is refused."""
    source = line(tmp_path / "a.wav", 3.0)
    (tmp_path / "what.txt").write_text("0.5 1.5 laugh:1\n2.0 2.5 gasp\n")

    assert generate(source, "--events", tmp_path / "what.txt", "-o", tmp_path / "a.npz") == 0
    take = formats.read(tmp_path / "a.npz")
    assert take.origin["events"] == "what.txt" and "events_sha256" in take.origin
    smile = take.values[:, rig.both("mouth_cornerPull")].mean(axis=1)
    assert smile[60] > 0.5 and smile[175] < 0.2
    assert generate(source, "--events", "laugh@0.5-1.5:1+gasp@2-2.5", "-o", tmp_path / "b.npz") == 0
    assert np.array_equal(formats.read(tmp_path / "b.npz").values, take.values)
    assert formats.read(tmp_path / "b.npz").origin["events"] == "laugh@0.5-1.5:1+gasp@2-2.5"
    assert generate(source, "--events", "laugh@3.5-4", "-o", tmp_path / "c.npz") == 2
    assert "the laugh at 3.5 s begins after the end of the recording, which is 3.00 s" in capsys.readouterr().err
    assert generate(source, "--events", "giggle@1-2", "-o", tmp_path / "c.npz") == 2
