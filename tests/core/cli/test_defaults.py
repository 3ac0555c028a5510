"""`facetake.toml`: a studio's defaults."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import formats, rig
from facetake.cli import _parser, defaults, main
from facetake.cli.parser import Parser
from facetake.errors import ConfigError
from facetake.take import Take


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, two below that of the defaults, with a take in it."""
    monkeypatch.delenv(defaults.VARIABLE)
    folder = tmp_path / "show" / "lines"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    formats.write(Take(np.tile(rig.NEUTRAL, (30, 1)), Fraction(30)), Path("take.csv"))
    return folder


def say(text: str, folder: Path) -> Path:
    """Writes a file of defaults."""
    (folder / defaults.NAME).write_text(text, encoding="utf-8")
    return folder / defaults.NAME


def inserted(*words: str) -> list[str]:
    """A command line with its defaults."""
    return defaults.insert(_parser(), words)[0]


def test_a_studio_has_its_own_defaults(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file above the working folder is found and told; what is written wins; -q does not tell."""
    say('[convert]\nrate = "23.976"\n', work.parents[1])
    assert main(["convert", "take.csv", "-o", "a.csv"]) == 0
    told = capsys.readouterr().err
    assert told.startswith(f"facetake: from {Path('../../facetake.toml')}: --rate 23.976\n")
    assert formats.read(Path("a.csv")).rate == Fraction(24000, 1001)
    assert main(["convert", "take.csv", "-o", "b.csv", "--rate", "25", "-q"]) == 0
    assert formats.read(Path("b.csv")).rate == 25 and not capsys.readouterr().err
    assert main(["convert", "take.csv", "-o", "c.csv", "--progress", "json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (first["event"], first["defaults"]) == ("report", ["--rate=23.976"])


def test_the_nearest_file_is_the_only_one(work: Path) -> None:
    """A file in the working folder hides those above; a folder of that name is none."""
    say("[convert]\nrate = 24\n", work.parents[1])
    (work.parent / defaults.NAME).mkdir()
    assert inserted("convert", "a") == ["convert", "--rate=24", "a"]
    say("[generate]\nrate = 30\n", work)
    assert inserted("convert", "a") == ["convert", "a"]


def test_the_environment_names_another_or_none(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FACETAKE_CONFIG is the file, wherever it is; empty, there is none; one that is not there is a mistake."""
    other = say("[convert]\nrate = 24\n", work.parent).rename(work.parent / "other.toml")
    say("[convert]\nrate = 25\n", work)
    monkeypatch.setenv(defaults.VARIABLE, str(other))
    assert inserted("convert", "a") == ["convert", "--rate=24", "a"]
    monkeypatch.setenv(defaults.VARIABLE, "")
    assert inserted("convert", "a") == ["convert", "a"]
    monkeypatch.setenv(defaults.VARIABLE, "gone.toml")
    with pytest.raises(ConfigError, match=r"gone\.toml cannot be read"):
        inserted("convert", "a")


def test_every_kind_of_option_is_read(work: Path) -> None:
    """Numbers, choices, flags that are true, options that may be repeated, and tables of commands of commands."""
    say(
        '[generate]\nrate = 30\nkeys = "sparse"\nenergy = 1.5\nno-blink = true\nno-gaze = false\n'
        'gain = ["brow=1.3", "mouth=0.9"]\n[portrait.render.read]\nemotion = "sad"\n',
        work,
    )
    options = ["--rate=30", "--keys=sparse", "--energy=1.5", "--no-blink", "--gain=brow=1.3", "--gain=mouth=0.9"]
    assert inserted("generate", "a.wav", "--seed", "1") == ["generate", *options, "a.wav", "--seed", "1"]
    words = ["portrait", "--progress", "json", "render", "read", "a", "b"]
    assert inserted(*words) == [*words[:5], "--emotion=sad", "a", "b"]
    assert inserted("inspect", "a.wav") == ["inspect", "a.wav"]


def test_what_is_read_is_beside_the_file(work: Path) -> None:
    """Models, checks and cues are named from the folder of the file, wherever the command is started."""
    (work.parent / "mood.txt").write_text("0 sad\n", encoding="utf-8")
    say('[batch]\nmodel = "models/ours"\nchecks = "/limits.toml"\nemotion = "./mood.txt"\n', work.parent)
    found = [word.partition("=")[2] for word in inserted("batch", "lines.csv")[1:4]]
    assert found == [os.path.join("..", "models", "ours"), str(Path("/limits.toml")), os.path.join("..", "mood.txt")]  # noqa: PTH118
    say('[convert]\nrig-map = "Hero.TOML"\n', work.parent)
    assert inserted("convert", "a.csv")[1] == f"--rig-map={Path('..', 'Hero.TOML')}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[generate]\nkyes = 1", r'\[generate\] kyes is no option of this command; did you mean "keys"'),
        ("[genrate]\nkeys = 1", r'\[genrate\] is no command that takes defaults; did you mean "generate"'),
        ("[worker]\nrate = 1", r"\[worker\] is no command that takes defaults"),
        ("rate = 1", r"\[rate\] is no command"),
        ("generate = 1", r"\[generate\] is no table"),
        ("[generate]\nrate = 'fast'", "rate: 'fast' is no frame rate"),
        ("[generate]\nrate = [24]", r"rate is \[24\]; write text in quotes or a number"),
        ("[generate]\nrate = true", "rate is True; write text"),
        ("[generate]\nrate = nan", "rate: it is nan, not a number"),
        ("[generate]\nkeys = 'spare'", "keys: 'spare' is none of dense, sparse"),
        ("[generate]\nseed = -1", "seed: it is '-1', not a whole number"),
        ("[generate]\nno-blink = 'yes'", "no-blink is true or false"),
        ("[generate]\nemotion = 'hapy'", "emotion: --emotion: unknown emotion 'hapy'"),
        ("[generate]\ngain = ['brwo=1']", 'gain: no face region is called "brwo"'),
        ("[generate]\ngain = ['brow']", "gain: --gain brow: write REGION=X"),
        (f"[generate]\ngain = [{'1,' * 101}]", "gain has 101 values; 100 are the most"),
        ("[generate]\nformat = 'cvs'", "format: unknown format 'cvs'"),
        ("[generate", "is not valid TOML"),
    ],
)
def test_mistakes_name_the_file(work: Path, capsys: pytest.CaptureFixture[str], text: str, says: str) -> None:
    """Whatever is wrong in the file is one sentence with the file, the table and the option."""
    say(text + "\n", work)
    with pytest.raises(ConfigError, match=says) as told:
        inserted("generate", "a.wav")
    assert str(told.value).startswith("facetake.toml")
    assert main(["generate", "a.wav"]) == 2
    assert capsys.readouterr().err == f"facetake: error: {told.value}\n"


@pytest.mark.parametrize(
    ("command", "name"),
    [
        *(("generate", name) for name in ("out", "preview", "quiet", "progress", "help")),
        *(("live", name) for name in ("host", "microphone", "record")),
        *(("batch", name) for name in ("out", "engine", "address", "follow-links", "approvals", "resume", "schema")),
        *(("doctor", name) for name in ("report-bug", "results")),
        ("package", "out"),
        ("visemes", "out"),
    ],
)
def test_a_file_says_nothing_that_is_a_persons_own_word(work: Path, command: str, name: str) -> None:
    """What is written, lost, hidden or done elsewhere cannot be asked for by a file that lies in a folder."""
    say(f'[{command}]\n{name} = "x"\n', work)
    with pytest.raises(ConfigError, match=f"{name} is for the command line alone; write --{name} there"):
        inserted(command, "a")


def test_hosts_and_help_are_not_surprised(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A worker reads no defaults, and a broken file stops neither it nor --help."""
    say("[[[", work)
    assert inserted("worker") == ["worker"]
    assert main(["generate", "--help"]) == 0 and main(["--version"]) == 0
    assert not capsys.readouterr().err
    assert main(["inspect", "take.csv"]) == 2


def test_every_path_that_a_command_takes_is_written_or_read() -> None:
    """Whoever adds an option with a path says whether it is read; a file may not say it where that is unknown."""
    written = {"out", "preview", "approvals", "record", "report-bug", "results", "report"}
    known = defaults.READ | written | {"audio", "take", "tracks", "original", "actor", "training"}
    parsers = _all(_parser())
    for parser in parsers:
        words = [word for one in parser._actions if one.type is Path for word in one.option_strings]
        assert {word[2:] for word in words if word.startswith("--")} <= known, parser.prog
    assert len(parsers) > 20


def _all(parser: Parser) -> list[Parser]:
    parser.declared()
    return [parser, *(one for inner in defaults._commands(parser).values() for one in _all(inner))]
