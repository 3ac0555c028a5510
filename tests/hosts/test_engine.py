"""The client of the engine against the real worker: starting, talking, crashing, and saying what to do."""

from __future__ import annotations

import sys
import threading
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from canned import LINE, finish, real_engine, write_sound

from facetake_host import __version__, jobs, location
from facetake_host.engine import EngineClient, check_greeting
from facetake_host.host import Character
from facetake_host.problems import HostProblem, JobCancelled
from facetake_host.recording import RecordingHost

ANN = Character("ann", "mh4")
LIMITED = (  # without compiled modules: one that is cut by the limit would break every process after it
    "import sys; sys.dont_write_bytecode = True; "
    "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); import signal; "
    "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); from facetake.worker import serve; serve()"
)


def run(engine: EngineClient, host: RecordingHost, sound: Path = LINE) -> list[jobs.JobResult]:
    """Generates one line."""
    cancel = threading.Event()
    return jobs.run(host, jobs.generate(host, engine, ANN, [sound], {}, cancel=cancel), cancel)


def test_a_line_and_its_restyling_through_the_real_engine() -> None:
    """From a recording to a layer and to a restyled one, with the models loaded once."""
    host = RecordingHost([ANN])
    engine = real_engine()
    made = run(engine, host)[0]
    cancel = threading.Event()
    restyled = jobs.run(host, jobs.restyle(host, engine, ANN, {"style": "angry"}, cancel=cancel), cancel)[0]
    folder = engine.folder
    engine.close()

    assert len(made.delivery.keys) == 168 and made.delivery.visemes and "main" in made.delivery.plot
    assert restyled.layer == "facetake_line_angry" and set(restyled.delivery.keys) <= set(made.delivery.keys)
    assert [one.is_muted for one in host.scene.layers] == [True, False]
    assert not folder.exists() and not engine.is_running


def test_a_minute_needs_few_keys(tmp_path: Path) -> None:
    """A minute of speech at 60 frames per second needs at most 15 % of a key for every control and frame."""
    samples, rate_hz = soundfile.read(LINE, dtype="float32")
    soundfile.write(tmp_path / "minute.wav", np.resize(samples, 60 * rate_hz), rate_hz)
    host = RecordingHost([ANN], frame_rate=Fraction(60))
    engine = real_engine()
    delivery = run(engine, host, tmp_path / "minute.wav")[0].delivery
    engine.close()

    assert delivery.n_frames == 3600
    keys = sum(len(curve.frames) for curve in delivery.keys.values())
    assert 0.01 < keys / (len(delivery.keys) * delivery.n_frames) <= 0.15


def test_a_killed_engine_is_told_and_started_again(tmp_path: Path) -> None:
    """An engine killed in the middle leaves the scene alone; the next line starts another."""
    host = RecordingHost([ANN])
    engine = real_engine()
    long = write_sound(tmp_path / "long.wav", 600.0)
    cancel = threading.Event()
    job = jobs.generate(host, engine, ANN, [long], {}, cancel=cancel)
    with pytest.raises(HostProblem, match=r"the engine stopped \(exit code -9.*try once more"):
        for status in job:
            time.sleep(0.005)
            if isinstance(status, jobs.Status) and status.share > 0.0:
                engine.kill()

    assert host.scene.layers == ()
    assert run(engine, host)[0].layer == "facetake_line"
    engine.close()


def test_cancelling_a_running_request(tmp_path: Path) -> None:
    """Cancelled in the middle: nothing is written, and the same engine does the next line."""
    host = RecordingHost([ANN])
    engine = real_engine()
    long = write_sound(tmp_path / "long.wav", 600.0)
    cancel = threading.Event()
    job = jobs.generate(host, engine, ANN, [long], {}, cancel=cancel)
    with pytest.raises(JobCancelled):
        for status in job:
            time.sleep(0.005)
            if isinstance(status, jobs.Status) and status.share > 0.02:
                cancel.set()
    process = engine._process

    assert host.scene.layers == () and not list(engine.folder.glob("*.json"))
    assert run(engine, host)[0].layer == "facetake_line"
    assert engine._process is process
    engine.close()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["no-such-program-anywhere", "worker"], "the engine does not start"),
        (
            [sys.executable, "-c", "import sys; sys.exit('no licence')"],
            r"the engine stopped \(exit code 1: no licence\)",
        ),
        ([sys.executable, "-I", "-S", "-m", "facetake", "worker"], "has no Facetake in it"),
    ],
)
def test_an_engine_that_does_not_start(command: list[str], says: str) -> None:
    """What is wrong with the engine is one sentence, and the scene is as it was."""
    host = RecordingHost([ANN])
    engine = EngineClient(command)
    with pytest.raises(HostProblem, match=says):
        run(engine, host)
    engine.close()

    assert host.scene.layers == ()


@pytest.mark.parametrize("answer", ['{"protocol": 1, "version": "9.9"}', '{"protocol": 2, "version": "%s"}'])
def test_an_engine_of_another_version(answer: str) -> None:
    """Engine and plugin of different releases refuse each other, and the next try starts anew."""
    reply = '{"id": 1, "event": "done", "result": %s}' % (answer % __version__ if "%s" in answer else answer)
    host = RecordingHost([ANN])
    engine = EngineClient([sys.executable, "-c", f"input(); print('''{reply}''', flush=True); input()"])
    with pytest.raises(HostProblem, match="install both from the same release"):
        run(engine, host)
    engine.close()


def test_a_plugin_of_another_version_is_refused_by_the_engine() -> None:
    """The engine, too, says which of the two is to be installed."""
    engine = real_engine()
    engine.start()
    event = finish(engine._send("hello", {"protocol": 99}))
    engine.close()

    with pytest.raises(HostProblem, match="the plugin speaks protocol 99 and this engine 1"):
        check_greeting(event)


def test_an_engine_that_says_nothing_is_given_up() -> None:
    """A silent engine is ended after a while, and the person is told."""
    host = RecordingHost([ANN])
    engine = EngineClient([sys.executable, "-c", "import time; time.sleep(60)"], patience_s=0.3)
    with pytest.raises(HostProblem, match="no longer answers and was ended"):
        run(engine, host)
    engine.close()

    assert not engine.is_running


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk(tmp_path: Path) -> None:
    """A result that does not fit on the disk is one sentence, leaves no part of a file, and the engine lives on."""
    host = RecordingHost([ANN])
    engine = EngineClient([sys.executable, "-c", LIMITED])
    for _ in range(2):
        with pytest.raises(HostProblem, match=r"cannot be written \(.*(File too large|space)"):
            run(engine, host)

    assert engine.is_running and list(engine.folder.iterdir()) == []
    engine.close()


def test_where_the_engine_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting comes first, then the variable, then the usual places, then the path; and nothing is guessed."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    nowhere = {"PATH": str(tmp_path / "bin")}
    with pytest.raises(HostProblem, match="the Facetake engine is not installed"):
        location.command(nowhere)

    def python(folder: str) -> Path:
        inside = tmp_path / folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        inside.parent.mkdir(parents=True)
        inside.write_text("#!")
        inside.chmod(0o755)
        return inside

    usual = python(".facetake/engine")
    named = python("studio")
    kept = python("kept")
    assert location.command(nowhere) == [str(usual), "-m", "facetake", "worker"]
    assert location.command({**nowhere, location.VARIABLE: str(tmp_path / "studio")})[0] == str(named)
    setting = tmp_path / ".facetake" / "engine.txt"
    setting.write_text(f"{kept}\n")
    assert location.command({**nowhere, location.VARIABLE: str(named)})[0] == str(kept)
    for encoding in ("utf-8-sig", "utf-16"):  # as Notepad and PowerShell save it
        setting.write_text(f'"{kept}"\r\n', encoding=encoding)
        assert location.command(nowhere)[0] == str(kept)
    setting.write_bytes(b"\x80\x81")
    with pytest.raises(HostProblem, match="is no text"):
        location.command(nowhere)
    setting.write_text(str(tmp_path / "gone"))
    with pytest.raises(HostProblem, match="there is no Python at"):
        location.command(nowhere)


@pytest.mark.skipif(sys.platform == "win32", reason="the places below are those of other systems")
def test_where_people_put_the_engine_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder with its own Python in the home folder, then what uv and pipx made; another system's is told."""
    monkeypatch.setenv("HOME", str(tmp_path))
    nowhere = {"PATH": str(tmp_path / "bin")}
    windows = tmp_path / "facetake" / "python.exe"
    windows.parent.mkdir()
    windows.write_text("MZ")
    with pytest.raises(HostProblem, match=r"facetake is for another system; put the one for this computer there"):
        location.command(nowhere)
    with pytest.raises(HostProblem, match="is for another system"):
        location.command({**nowhere, location.VARIABLE: str(windows.parent)})

    def program(name: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text("#!")
        path.chmod(0o755)
        return str(path)

    installed = program(".local/bin/facetake")
    assert location.command(nowhere) == [installed, "worker"]
    python = program("facetake/bin/python")
    assert location.command(nowhere) == [python, "-m", "facetake", "worker"]


def test_the_engine_gets_none_of_the_host_s_python() -> None:
    """What Maya sets for its own Python and libraries does not reach the engine."""
    host = {
        "PYTHONHOME": "maya",
        "PYTHONPATH": "maya",
        "LD_LIBRARY_PATH": "maya",
        "PATH": "/bin",
        "FACETAKE_DEBUG": "1",
    }

    assert location.clean_environment(host) == {"PATH": "/bin", "FACETAKE_DEBUG": "1"}


@pytest.mark.parametrize(
    "text",
    [
        '{"keys": {"a": ',
        '{"keys": 1}',
        '{"keys": {}, "rate": "30", "n_frames": 1, "plot": "x"}',
        '{"keys": {}, "rate": "30", "n_frames": 1, "heard": [1]}',
        '{"keys": {}, "rate": "1/0", "n_frames": 1}',
        '{"keys": ' + "[" * 100_000,
    ],
)
def test_a_result_that_is_cut_off(text: str, tmp_path: Path) -> None:
    """A result that cannot be read, or is of other kinds, is a sentence as well."""
    from facetake_host import curves

    path = tmp_path / "cut.json"
    path.write_text(text)
    with pytest.raises(HostProblem, match="cannot be read"):
        curves.load(path)
