"""`facetake live`."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from facetake import formats, live, rig
from facetake.cli import main
from facetake.errors import LiveError
from facetake.live import connections, sound
from facetake.take import Take


@pytest.fixture(autouse=True)
def no_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """No machine that runs these tests makes a sound or listens to anybody."""
    monkeypatch.setitem(sys.modules, "sounddevice", None)


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """A third of a second on disk."""
    dice = np.random.default_rng(2)
    values = rig.from_arkit(dice.uniform(0.0, 0.8, (10, 52)))
    formats.write(Take(values, Fraction(30), Fraction(2), np.ones((10, 3), np.float32)), tmp_path / "take.npz")
    return tmp_path / "take.npz"


def heard(arguments: list[str], recorder: live.Recorder) -> int:
    """The exit code of a command that sends, while a recorder listens."""
    hearing = threading.Thread(target=recorder.listen, kwargs={"pause_s": 0.5})
    hearing.start()
    code = main(["live", *arguments, "--port", str(recorder.port)])
    hearing.join()
    return code


def test_a_take_is_sent_frame_by_frame(take: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its last frame arrives, each frame has its number on the clock of its sound, and its subject's name."""
    with live.Recorder("127.0.0.1", 0) as recorder:
        assert heard([str(take), "--subject", "Guard"], recorder) == 0
    instants = [packet.instant_s for packet in recorder.found]
    assert instants == sorted(set(instants)) and instants[-1] == 2 + Fraction(9, 30)
    assert {(packet.subject, packet.rate) for packet in recorder.found} == {("Guard", Fraction(30))}
    assert "frames" in capsys.readouterr().err


def test_a_rate_that_is_asked_for_is_sent(take: Path) -> None:
    """--rate sends the take at another one."""
    with live.Recorder("127.0.0.1", 0) as recorder:
        assert heard([str(take), "--rate", "25"], recorder) == 0
    assert recorder.found[0].rate == 25


def test_what_changes_nothing_of_a_take_is_said(
    take: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """How a line is performed is no question of a take that is made; it is sent all the same."""
    with live.Recorder("127.0.0.1", 0) as recorder:
        assert heard([str(take), "--seed", "3", "--energy", "2", "--model", str(tiny_model)], recorder) == 0
    told = capsys.readouterr().err
    assert len(recorder.found) > 1
    assert [told.count(f"is made: --{name} changes nothing") for name in ("seed", "energy", "model")] == [1, 1, 1]


def test_a_line_is_generated_and_sent(tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sound file becomes a take first; where nothing plays sound, that is said and frames go out all the same."""
    import soundfile as sf

    sf.write(tmp_path / "a.wav", np.random.default_rng(0).normal(0, 0.1, 8000), 16_000)
    with live.Recorder("127.0.0.1", 0) as recorder:
        assert heard([str(tmp_path / "a.wav"), "--model", str(tiny_model)], recorder) == 0
    assert len(recorder.found) > 1
    assert "a.wav is not heard: sound devices need sounddevice" in capsys.readouterr().err


def test_a_sound_is_played_with_its_take(take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The take follows the clock of what plays, and what plays begins at the beginning of the sound."""
    import soundfile as sf

    sf.write(tmp_path / "a.wav", np.zeros(48_000), 16_000)
    opened: list[float] = []

    class Playing(sound.Playback):
        def _open(self) -> object:
            opened.append(self._at / self._rate_hz)
            self.clock.report(2.0, live.now_s())
            return SimpleNamespace(close=lambda: opened.append(-1.0))

    monkeypatch.setattr(connections, "Playback", Playing)
    with live.Recorder("127.0.0.1", 0) as recorder:
        assert heard([str(take), "--audio", str(tmp_path / "a.wav")], recorder) == 0
    assert opened == [0.0, -1.0] and recorder.found[-1].instant_s == 2 + Fraction(9, 30)


def test_nobody_who_listens_is_said_once(take: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Packets that no program takes are no error, and one line says where to look."""
    with live.Recorder("127.0.0.1", 0) as recorder:
        port = recorder.port
    assert main(["live", str(take), "--port", str(port)]) == 0
    told = capsys.readouterr().err
    assert told.count(f"nobody listens on 127.0.0.1:{port} yet; open Unreal") == (0 if sys.platform == "darwin" else 1)
    assert main(["live", str(take), "--protocol", "vmc", "--port", str(port)]) == 0
    assert "Unreal" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "required"),
        (["TAKE", "--microphone"], "not allowed with"),
        (["TAKE", "--port", "0"], "whole number from 1 to 65535"),
        (["TAKE", "--port", "70000"], "whole number from 1 to 65535"),
        (["TAKE", "--host", "no.such.host.invalid"], "no machine called"),
        (["TAKE", "--host", "255.255.255.255"], "cannot send to"),
        (["TAKE", "--protocol", "both", "--port", "9"], "a port is one protocol's"),
        (["TAKE", "--subject", ""], "subject"),
        (["TAKE", "--emotion", "happy"], "facetake restyle"),
        (["TAKE", "--rate", "0"], "no frame rate"),
        (["none.csv"], "none.csv"),
        (["none.wav"], "none.wav"),
        (["none.wav", "--audio", "b.wav"], "a sound file is its own"),
        (["none.wav", "--energy", "9"], "--energy"),
        (["--microphone"], "sounddevice, which is not installed"),
        (["--microphone", "--rate", "24"], "60 frames a second"),
        (["--microphone", "--emotion", "auto"], "not known yet"),
        (["--record", "TAKE.xyz"], "no format has this suffix"),
        (["--record", "a.csv", "--protocol", "vmc"], "leave --protocol out"),
        (["--record", "a.csv", "--rate", "30"], "recorded as it comes"),
        (["--record", "a.csv", "--host", "no.such.host.invalid"], "cannot listen on"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    arguments: list[str], why: str, take: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each mistake is told in one line, with exit code 2."""
    assert main(["live", *(word.replace("TAKE", str(take)) for word in arguments)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("facetake: error: ") and told.count("\n") == 1 and why in told


def test_a_take_without_frames_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to send in a table without a row."""
    (tmp_path / "a.csv").write_text("frame,time_s,CTRL_C_jaw.translateY\n", encoding="utf-8", newline="\n")
    assert main(["live", str(tmp_path / "a.csv")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_port_in_use_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recording where another program listens says so."""
    with live.Recorder("127.0.0.1", 0) as recorder:
        assert main(["live", "--record", str(tmp_path / "a.csv"), "--port", str(recorder.port)]) == 2
    assert "close the program that listens there" in capsys.readouterr().err


def test_a_stream_becomes_a_take(
    take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a program sends is written when it ends; Ctrl-C ends a recording, too, and loses nothing."""
    original = formats.read(take)
    encoder = live.FaceEncoder("Guard", original.rate)
    packets = [live.decode(encoder.encode(live.frame_of(original, n))[0]) for n in range(10)]

    def interrupted(self: live.Recorder, **_more: object) -> None:
        self.found += packets
        raise KeyboardInterrupt

    monkeypatch.setattr(live.Recorder, "listen", interrupted)
    assert main(["live", "--record", str(tmp_path / "b.npz"), "--port", "65000"]) == 130
    assert "is missing" not in capsys.readouterr().err
    back = formats.read(tmp_path / "b.npz")
    assert (back.rate, back.n_frames, back.start) == (Fraction(30), 10, Fraction(0))
    assert np.abs(rig.to_arkit(back.values) - rig.to_arkit(original.values)).max() < 0.02

    def torn(self: live.Recorder, **_more: object) -> None:
        self.found += packets[:5]
        self.is_torn = True

    monkeypatch.setattr(live.Recorder, "listen", torn)
    assert main(["live", "--record", str(tmp_path / "c.npz"), "--port", "65000"]) == 0
    assert formats.read(tmp_path / "c.npz").n_frames == 5
    assert "what came before is written" in capsys.readouterr().err


def test_packets_of_another_kind_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who waits for a phone that sends something else is told why no take came of it."""

    def interrupted(self: live.Recorder, **_more: object) -> None:
        self.refused = 31
        raise KeyboardInterrupt

    monkeypatch.setattr(live.Recorder, "listen", interrupted)
    assert main(["live", "--record", str(tmp_path / "b.npz"), "--port", "65000"]) == 130
    assert "31 packets that came are not Live Link Face's" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_microphone_is_sent_until_it_is_gone(
    monkeypatch: pytest.MonkeyPatch, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Frames of a voice go out sixty a second, numbered from its beginning; a microphone that goes is told."""

    class Voice:
        clock = live.SteadyClock(live.now_s())

        def __init__(self, name: str) -> None:
            assert name == "headset"

        def __enter__(self) -> Voice:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def __iter__(self) -> object:
            yield from np.zeros((50, 320), np.float32)
            raise LiveError("the microphone has given nothing for 5 s; plug it in again")

    monkeypatch.setattr(live, "Microphone", Voice)
    with live.Recorder("127.0.0.1", 0) as recorder:
        arguments = ["--microphone", "headset", "--model", str(tiny_model), "--emotion", "happy:0.5"]
        assert heard(arguments, recorder) == 2
    assert recorder.found and recorder.found[-1].rate == 60
    assert "plug it in again" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_interrupting_a_stream_is_polite(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a long take ends with 130 and one sentence."""
    formats.write(Take(np.tile(rig.NEUTRAL, (36_000, 1)), Fraction(60)), tmp_path / "long.npz")
    with live.Recorder("127.0.0.1", 0) as recorder:
        program = [sys.executable, "-m", "facetake", "live", str(tmp_path / "long.npz"), "--port", str(recorder.port)]
        running = subprocess.Popen(program, stderr=subprocess.PIPE, text=True, encoding="utf-8")
        recorder.listen(seconds=0.2)
        running.send_signal(signal.SIGINT)
        told = running.communicate(timeout=60)[1]
    assert running.returncode == 130 and len(recorder.found) > 1
    assert told == "facetake: error: interrupted; files already written are whole\n"
