"""The Tab key in real shells."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from facetake.cli import COMMANDS, _parser, completion, main

BASH = """
source {script}
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_facetake
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The script for bash."""
    assert main(["completion", "bash"]) == 0
    (tmp_path / "facetake.bash").write_text(capsys.readouterr().out, encoding="utf-8", newline="\n")
    return tmp_path / "facetake.bash"


@pytest.mark.skipif(shutil.which("bash") is None, reason="this machine has no bash")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("facetake ge", {"generate"}),
        ("facetake --vers", {"--version"}),
        ("facetake generate --emo", {"--emotion"}),
        ("facetake generate a.wav --keys ''", {"dense", "sparse"}),
        ("facetake generate a.wav -o --progress j", {"json"}),
        ("facetake generate ''", {""}),
        ("facetake portrait ca", {"capture"}),
        ("facetake portrait capture --meth", {"--method"}),
        ("facetake portrait train lan", {"landmark"}),
        ("facetake completion ''", {"bash", "zsh", "fish"}),
        ("facetake sing --", {"--help", "--version"}),
    ],
)
def test_bash_completes(typed: str, offered: set[str], script: Path) -> None:
    """Commands at every depth, options and their choices are offered; where a file is meant nothing is."""
    code = BASH.format(script=script, words=typed)
    done = subprocess.run(["bash", "-uc", code], capture_output=True, encoding="utf-8", check=True)
    assert (set(done.stdout.splitlines()), done.stderr) == (offered, "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="this machine has no bash")
def test_every_command_is_offered(script: Path) -> None:
    """With nothing typed each command is there."""
    done = subprocess.run(
        ["bash", "-c", BASH.format(script=script, words="facetake ''")],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert set(done.stdout.split()) == {command.NAME for command in COMMANDS}


@pytest.mark.skipif(shutil.which("zsh") is None, reason="this machine has no zsh")
def test_zsh_takes_the_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sourced in zsh it registers the function for the command, and that offers a command's options to choose from."""
    assert main(["completion", "zsh"]) == 0
    path = tmp_path / "facetake.zsh"
    path.write_text(capsys.readouterr().out, encoding="utf-8", newline="\n")
    code = (
        f"source {path}; print -r -- $_comps[facetake]; emulate -L ksh; "
        "COMP_WORDS=(facetake generate --emo); COMP_CWORD=2; _facetake; print -r -- ${COMPREPLY[@]}"
    )
    done = subprocess.run(["zsh", "-fc", code], capture_output=True, encoding="utf-8", check=True, cwd=tmp_path)
    registered, offered = done.stdout.splitlines()
    assert "_facetake" in registered and "--emotion" in offered.split()


@pytest.fixture
def fish_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The script for fish."""
    assert main(["completion", "fish"]) == 0
    (tmp_path / "facetake.fish").write_text(capsys.readouterr().out, encoding="utf-8", newline="\n")
    return tmp_path / "facetake.fish"


def test_fish_is_told_every_option(fish_script: Path) -> None:
    """Each option of each command at every depth has a line, under its command, with a value where it takes one."""
    told = set(fish_script.read_text(encoding="utf-8").splitlines())
    parsers = list(completion._parsers(_parser(), ""))
    for path, parser in parsers:
        begin = f"complete -c facetake -n '__facetake_at \\'{path}\\'' "
        here = [line.removeprefix(begin) for line in told if line.startswith(begin)]
        for action in completion._shown(parser):
            for option in (one for one in action.option_strings if one.startswith("--")):
                (line,) = (line for line in here if f"-l {option[2:]} " in f"{line} ")
                assert (" -r" in line or " -x " in line) == (action.nargs != 0), line
    assert len(parsers) > 20


@pytest.mark.skipif(shutil.which("fish") is None, reason="this machine has no fish")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("facetake ge", {"generate"}),
        ("facetake --vers", {"--version"}),
        ("facetake generate --emo", {"--emotion"}),
        ("facetake generate a.wav --keys ", {"dense", "sparse"}),
        ("facetake generate a.wav -o x --progress j", {"json"}),
        ("facetake generate ", {"line.wav"}),
        ("facetake generate --model ", {"line.wav"}),
        ("facetake portrait ca", {"capture"}),
        ("facetake portrait capture --meth", {"--method"}),
        ("facetake portrait train lan", {"landmark"}),
        ("facetake portrait train landmark --sett", {"--settings"}),
        ("facetake completion ", {"bash", "zsh", "fish"}),
        ("facetake ", {command.NAME for command in COMMANDS}),
    ],
)
def test_fish_completes(typed: str, offered: set[str], fish_script: Path, tmp_path: Path) -> None:
    """Commands at every depth, options and their choices are offered with what they are for; elsewhere files."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "line.wav").touch()
    code = f"source {fish_script}; complete -C '{typed}'"
    home = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "c"),
        "XDG_DATA_HOME": str(tmp_path / "d"),
    }
    done = subprocess.run(
        ["fish", "--no-config", "-c", code], capture_output=True, encoding="utf-8", check=True, cwd=folder, env=home
    )
    lines = done.stdout.splitlines()
    assert ({line.split("\t")[0] for line in lines}, done.stderr) == (offered, "")
    assert all(
        "\t" in line for line in lines if line[:1] == "-" or line.split("\t")[0] in {one.NAME for one in COMMANDS}
    )
