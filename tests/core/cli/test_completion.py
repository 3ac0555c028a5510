"""The Tab key in real shells."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from facetake.cli import COMMANDS, main

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
        ("facetake completion ''", {"bash", "zsh"}),
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
