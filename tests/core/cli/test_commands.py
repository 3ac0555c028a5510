"""The other commands, and what all commands share."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from facetake import formats, rig
from facetake.cli import COMMANDS, main
from facetake.take import Take


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """A short take on disk."""
    values = np.tile(rig.NEUTRAL, (30, 1))
    values[:, rig.columns("C_jaw")] = np.linspace(0, 0.5, 30)[:, None]
    formats.write(Take(values, Fraction(30)), tmp_path / "take.csv")
    return tmp_path / "take.csv"


@pytest.mark.parametrize("command", [command.NAME for command in COMMANDS])
def test_help_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command explains itself with examples."""
    assert main([command, "--help"]) == 0
    assert f"facetake {command} " in capsys.readouterr().out.split("examples:")[1]


def test_convert_tells_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    """The help of `convert`, which is written by hand so that it starts light, names all formats in their order."""
    assert main(["convert", "--help"]) == 0
    assert ",".join(formats.FORMATS) in "".join(capsys.readouterr().out.split())


def test_help_starts_light() -> None:
    """`facetake --help` loads neither numpy nor onnxruntime nor scipy."""
    code = "import sys, facetake.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass\nprint(sorted(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert "generate" in out
    assert not any(f"'{name}'" in out for name in ("numpy", "onnxruntime", "scipy", "soundfile"))


@pytest.mark.parametrize("arguments", [[], ["sing"], ["generate"], ["generate", "a.wav", "--seed", "x"]])
def test_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake in the arguments is one sentence and exit code 2, and does not end the program that calls."""
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("facetake: error: ") and "--help" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["genrate", "a.wav"], "generate"),
        (["generate", "a.wav", "--emotoin", "happy"], "--emotion"),
        (["generate", "a.wav", "--fromat=csv"], "--format"),
        (["generate", "a.wav", "--keys", "sparce"], "sparse"),
        (["portrait", "trian"], "train"),
        (["portrait", "render", "raed"], "read"),
        (["convert", "a.csv", "-o", "b.csv", "--format", "cvs"], "csv"),
        (["batch", "a.csv", "--out", "o", "--only", "brwo"], "brow"),
        (["restyle", "a.csv", "-o", "b.csv", "--style", "agnry"], "angry"),
    ],
)
def test_a_slip_of_the_finger_is_asked_about(
    arguments: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Commands at every depth, options, choices, formats, regions and styles: the name that was meant is told."""
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert f'did you mean "{meant}"?' in error and error.count("\n") == 1


def test_a_value_with_a_minus_is_told_how_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    """A point on the right looks like an option, and one sentence says how it is written; no other gets that hint."""
    assert main(["generate", "a.wav", "--look", "-0.3,0,1"]) == 2
    assert "expected one argument; write --look=-0.3,0,1; see" in capsys.readouterr().err
    assert main(["generate", "a.wav", "--look", "--no-blink"]) == 2
    assert "expected one argument; see" in capsys.readouterr().err


def test_what_is_left_over_is_refused_by_the_command_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """An option that is like no other is refused with the help of its own command, and nothing is guessed."""
    assert main(["portrait", "capture", "a.mp4", "-o", "b", "--zzzz", "1"]) == 2
    error = capsys.readouterr().err
    assert "unrecognized arguments: --zzzz 1; see 'facetake portrait capture --help'" in error


def test_convert_and_back(take: Path, tmp_path: Path) -> None:
    """A take goes to every lossless or named format and its jaw comes back."""
    for name, form in (
        ("b.json", None),
        ("b.npz", None),
        ("b.txt", None),
        ("c.json", "a2f-json"),
        ("c.csv", "livelink-csv"),
    ):
        chosen = ["--format", form] if form else []
        assert main(["convert", str(take), "-o", str(tmp_path / name), *chosen]) == 0
        back = formats.read(tmp_path / name)
        assert np.abs(back.values[:, rig.columns("C_jaw")[0]].max() - 0.5) < 0.01


@pytest.mark.parametrize(("rate", "told"), [("24000/1001", "24 frames at 23.976"), ("12.5", "12 frames at 12.5")])
def test_what_was_made_is_told(
    take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], rate: str, told: str
) -> None:
    """Length, frames and rate stand in one sentence, the rate as people write it, and exactly in an event."""
    command = ["convert", str(take), "-o", str(tmp_path / "b.csv"), "--rate", rate]
    assert main(command) == 0
    assert capsys.readouterr().err == f"b.csv: 1.0 s, {told} fps\n"
    assert main([*command, "--progress", "json"]) == 0
    events = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    made = next(event["made"] for event in events if event["event"] == "report")
    assert (Fraction(made["rate"]), made["output"]) == (formats.read(tmp_path / "b.csv").rate, str(tmp_path / "b.csv"))


def test_quiet_says_nothing_but_errors(take: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With -q neither what was made nor its name is told, events stay, and an error is told as ever."""
    command = ["convert", str(take), "-o", str(tmp_path / "b.csv")]
    assert main([*command, "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main([*command, "--quiet", "--progress", "json"]) == 0
    told = capsys.readouterr()
    assert [json.loads(text)["event"] for text in told.out.splitlines()] == ["start", "report", "done"] and not told.err
    assert main(["convert", "gone.csv", "-o", str(tmp_path / "c.csv"), "-q"]) == 2
    assert capsys.readouterr().err.startswith("facetake: error: gone.csv")


def test_convert_changes_the_rate(take: Path, tmp_path: Path) -> None:
    """--rate resamples."""
    assert main(["convert", str(take), "-o", str(tmp_path / "b.csv"), "--rate", "24000/1001"]) == 0
    assert formats.read(tmp_path / "b.csv").rate == Fraction(24000, 1001)


@pytest.mark.parametrize(
    "text", ["", "frame,time_s\n0,0\n", "\x00\x01\x02", "frame,time_s,CTRL_C_jaw.translateY\n0,0,nan\n"]
)
def test_broken_takes_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    """A take that cannot be read is named in one sentence, exit code 2."""
    path = tmp_path / "bad.csv"
    path.write_text(text)

    assert main(["inspect", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("facetake: error: ") and "bad.csv" in error and "Traceback" not in error


def test_visemes_to_file_and_screen(tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The viseme track goes to standard output as CSV or to a file as JSON, and covers the sound."""
    sf.write(tmp_path / "a.wav", np.random.default_rng(0).normal(0, 0.1, 16_000), 16_000)
    model = ["--model", str(tiny_model)]

    assert main(["visemes", str(tmp_path / "a.wav"), *model]) == 0
    assert capsys.readouterr().out.startswith("start_s,end_s,viseme\n0.0000,")
    assert main(["visemes", str(tmp_path / "a.wav"), *model, "--format", "json", "-o", str(tmp_path / "v.json")]) == 0
    assert json.loads((tmp_path / "v.json").read_text())[-1]["end_s"] == pytest.approx(1.0, abs=1e-3)


def test_visemes_of_a_take_are_seen_on_its_lips(
    take: Path, tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A take's track is read from its lips; with --audio, how they agree with the sound is told beside it."""
    sound = tmp_path / "a.wav"
    sf.write(sound, np.random.default_rng(0).normal(0, 0.1, 16_000), 16_000)
    model = ["--model", str(tiny_model)]

    assert main(["visemes", str(take), *model]) == 0
    alone = capsys.readouterr()
    assert alone.out.startswith("start_s,end_s,viseme\n0.0000,") and not alone.err
    assert main(["visemes", str(take), "--audio", str(sound), *model]) == 0
    checked = capsys.readouterr()
    assert checked.out == alone.out and checked.err.startswith("lips and sound agree on ")
    assert main(["visemes", str(sound), "--audio", str(sound), *model]) == 2


def test_convert_spares_its_take(take: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A take is not replaced by a format that keeps less of it."""
    before = take.read_bytes()

    assert main(["convert", str(take), "-o", str(take), "--format", "livelink-csv"]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert take.read_bytes() == before


@pytest.fixture
def heard_signals() -> Iterator[None]:
    """Signals as a terminal has them: whoever runs these tests may have had one ignored, which children inherit."""
    before = {way: signal.signal(getattr(signal, way), signal.SIG_DFL) for way in ("SIGTERM", "SIGHUP")}
    yield
    for way, handler in before.items():
        signal.signal(getattr(signal, way), handler)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("way", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.usefixtures("heard_signals")
def test_interrupting_a_line_leaves_nothing_behind(tmp_path: Path, tiny_model: Path, way: str) -> None:
    """Ctrl-C, or being told to end, in the middle of a long line: one sentence, 130, and no take or part of one."""
    sf.write(tmp_path / "long.wav", np.random.default_rng(0).normal(0, 0.1, 16_000 * 300), 16_000)
    command = ["generate", "long.wav", "-o", "long.csv", "--model", str(tiny_model), "--progress", "json"]
    with subprocess.Popen(
        [sys.executable, "-m", "facetake", *command],
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None and running.stderr is not None
        next(event for event in running.stdout if '"progress"' in event)
        running.send_signal(getattr(signal, way))
        running.stdout.read()
        error = running.stderr.read()

    assert running.returncode == 130
    assert error == "facetake: error: interrupted; files already written are whole\n"
    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]


def test_an_unforeseen_error_is_one_sentence(
    take: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bug of ours does not show a traceback, but says how to get one."""
    monkeypatch.delenv("FACETAKE_DEBUG", raising=False)
    monkeypatch.setattr(formats, "read_recognised", lambda *_: 1 / 0)

    assert main(["inspect", str(take)]) == 2
    assert "FACETAKE_DEBUG=1" in capsys.readouterr().err


def test_interruption_is_130(take: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends with one sentence and the shell's own exit code for it."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(formats, "read_recognised", interrupted)

    assert main(["inspect", str(take)]) == 130
    assert "interrupted" in capsys.readouterr().err


def facetake(*arguments: object, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Runs the command in a process of its own, with the same packages."""
    code = "import sys; from facetake.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, *map(os.fspath, map(str, arguments))]
    return subprocess.run(command, stderr=subprocess.PIPE, check=False, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_any_name_goes_through_any_pipe(tmp_path: Path, take: Path, encoding: str) -> None:
    """Names that a pipe's encoding lacks are no error, and JSON events carry them whole."""
    out = tmp_path / "台词.json"
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    for mode in ("auto", "json"):
        done = facetake("convert", take, "-o", out, "--progress", mode, stdout=subprocess.PIPE, env=environment)
        told = b": 1.0 s, 30 frames at 30 fps" if mode == "auto" else b""
        assert (
            done.returncode == 0 and done.stderr.strip().endswith(told) and len(done.stderr.splitlines()) == bool(told)
        )

    assert json.loads(done.stdout.splitlines()[-1])["outputs"] == [str(out)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_standard_output_is_one_sentence(take: Path) -> None:
    """Output that cannot be written ends in one sentence and exit code 2, also where it is buffered."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        done = facetake("inspect", take, stdout=full, env=environment)

    assert done.returncode == 2
    assert done.stderr.startswith(b"facetake: error: ") and done.stderr.count(b"\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to one process")
@pytest.mark.parametrize("way", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.usefixtures("heard_signals")
def test_ctrl_c_leaves_whole_files_only(tmp_path: Path, take: Path, way: str) -> None:
    """Ctrl-C, or being told to end, in the middle of writing ends with 130, one sentence and no part of a file."""
    out = tmp_path / "out"
    out.mkdir()
    code = (
        "import os, signal, sys, threading\nfrom facetake.cli import main\nfrom facetake.formats import facetake_json\n"
        f"def slow(*_, **__):\n os.kill(os.getpid(), signal.{way})\n threading.Event().wait(20)\n"
        "facetake_json.json_text.json.dumps = slow\nsys.exit(main())"
    )
    command = [sys.executable, "-c", code, "convert", str(take), "-o", str(out / "b.json")]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)

    assert done.returncode in (130, -getattr(signal, way))
    assert b"Traceback" not in done.stderr and b"interrupted" in done.stderr
    assert not list(out.iterdir())


def test_preview_and_visemes_spare_their_recording(
    tmp_path: Path, take: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A film or a track that would replace the recording it is made from is refused."""
    sf.write(tmp_path / "a.wav", np.zeros(8000), 16_000)
    sound = (tmp_path / "a.wav").rename(tmp_path / "a.mp4")

    assert main(["preview", str(take), "--audio", str(sound), "-o", str(sound)]) == 2
    assert main(["visemes", str(sound), "-o", str(sound)]) == 2
    assert capsys.readouterr().err.count("would be overwritten") == 2
    assert len(sf.read(sound)[0]) == 8000


def test_a_take_that_begins_after_its_sound_is_told_to_be_silent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The film is made, and a line says why nothing is heard in it."""
    pytest.importorskip("numba")
    pytest.importorskip("av")
    take = Take(np.tile(rig.NEUTRAL, (4, 1)).astype(np.float32), Fraction(25), Fraction(9))
    formats.write(take, tmp_path / "late.json")
    sf.write(tmp_path / "line.wav", np.zeros(8000), 16_000)
    film = tmp_path / "late.mp4"
    command = ["preview", str(tmp_path / "late.json"), "--audio", str(tmp_path / "line.wav"), "-o", str(film)]
    assert main(command) == 0
    assert "the film is silent: its take begins at 9.00 s, and " in (said := capsys.readouterr().err), said
    assert "line.wav ends at 0.50 s" in said
    assert film.is_file()


def test_a_package_that_is_missing_names_its_extra(tmp_path: Path) -> None:
    """A module that an extra brings and that is looked for in vain is told with what installs it."""
    code = "import sys; sys.modules['pxr'] = None; from facetake.cli import main; sys.exit(main(sys.argv[1:]))"
    formats.write(Take(np.tile(rig.NEUTRAL, (2, 1)), Fraction(30)), tmp_path / "take.csv")
    command = [sys.executable, "-c", code, "convert", str(tmp_path / "take.csv"), "-o", str(tmp_path / "take.usda")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and 'pip install "facetake[usd]"' in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_what_is_to_go_on_without_a_terminal_goes_on(tmp_path: Path, take: Path) -> None:
    """`nohup facetake ...` does not end with its terminal."""
    code = (
        "import os, signal, sys\nfrom facetake.cli import main\nfrom facetake.formats import facetake_json\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\nwrite = facetake_json.json_text.json.dumps\n"
        "def hang_up(*given, **named):\n os.kill(os.getpid(), signal.SIGHUP)\n return write(*given, **named)\n"
        "facetake_json.json_text.json.dumps = hang_up\nsys.exit(main())"
    )
    command = [sys.executable, "-c", code, "convert", str(take), "-o", str(tmp_path / "b.json")]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0
    assert (tmp_path / "b.json").is_file()
