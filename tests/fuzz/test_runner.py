"""The attack itself: doors planted to break the promise are seen, each for what it does, and the run goes on."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from attack import command, guided, runner
from attack.door import case_dice
from attack.doors import planted
from attack.promise import unprintable, wrong_with
from attack.runner import Attack, Chunk, Score, chunks, endless, shares, table

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory and crashes are told by Linux")
PLANTED = "attack.doors.planted"
SAID = {
    "raises": "ends in KeyError",
    "says_much": r"U\+001B",
    "takes_time": r"takes 2\.\d s",
    "takes_memory": r"takes \d+ MB of memory",
    "asks_for_all_memory": "MemoryError",
    "writes_outside": "what no file may ask for: open",
    "loses_work": "files beside its folder|what no file may ask for",
    "loses_its_input": "changed or lost: .'a.txt'",
    "leaves_rubbish": "left in its folder: .'.begun'",
    "runs": "os.system",
    "breaks": "the attack itself is broken",
    "hangs": "does not come to an end",
    "dies": "kills its process .SIGABRT",
}


def fallen(*names: str, cases: int = 1, keep: Path | None = None) -> dict[str, Score]:
    """How planted doors end."""
    with Attack(PLANTED, names, jobs=1, keep_in=keep) as attack:
        attack.run(iter([Chunk(name, 0, cases) for name in names]))
        return attack.scores


def test_every_kind_of_fall_is_told_for_what_it_is() -> None:
    """Errors of Python's, sentences, time, memory, files and programs: none of them passes."""
    names = [one.__name__ for one in planted.BAD] + ["breaks"]
    scores = fallen(*names)
    for name in names:
        (fall,) = scores[name].falls
        assert re.search(SAID[name], fall.why), f"{name}: {fall.why}"


def test_a_process_that_dies_or_hangs_takes_one_case_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The case is told and its input kept, and those behind it are tried."""
    scores = fallen("dies", "accepts", keep=tmp_path)
    monkeypatch.setattr(runner, "PATIENCE_S", 2.0)
    scores["hangs"] = fallen("hangs", keep=tmp_path)["hangs"]
    for name in ("dies", "hangs"):
        (fall,) = scores[name].falls
        assert re.search(SAID[name], fall.why), fall.why
        assert (tmp_path / f"{name}-0-0" / "a.txt").read_bytes() == bytes(planted.FEW)
    assert (scores["accepts"].accepted, scores["accepts"].falls) == (1, [])


def test_what_holds_is_counted_and_what_falls_can_be_tried_again(tmp_path: Path) -> None:
    """Accepted and refused cases have their columns; a fallen one falls again by its number, and its neighbour not."""
    scores = fallen("accepts", "refuses", "every_other", cases=30, keep=tmp_path)
    assert (scores["accepts"].accepted, scores["refuses"].refused) == (30, 30)
    other = scores["every_other"]
    expected = [number for number in range(30) if case_dice("every_other", 0, number).random() < 0.5]
    assert [fall.number for fall in other.falls] == expected and other.accepted == 30 - len(expected)
    assert sorted(int(path.name.rpartition("-")[2]) for path in tmp_path.iterdir()) == expected


def test_the_command_ends_with_1_where_a_door_falls(capsys: pytest.CaptureFixture[str]) -> None:
    """The table names it, and 0 is for doors that hold alone."""
    good = ["--doors", PLANTED, "--door", "accepts", "--door", "refuses", "--cases", "6", "--jobs", "1"]
    assert command.main(good) == 0
    assert command.main([*good, "--door", "raises"]) == 1
    told = capsys.readouterr().out
    assert re.search(r"raises\s+2\s+0\s+0\s+2", told) and re.search(r"all\s+6\s+2\s+2\s+2", told)


def test_cases_are_shared_by_weight_and_in_turns() -> None:
    """Heavy doors get more, light ones at least one; a run that is stopped has tried all."""
    assert shares({"a": 3.0, "b": 1.0, "c": 1e-9}, 8) == {"a": 6, "b": 2, "c": 1}
    assert [(one.door, one.first, one.count) for one in chunks({"a": 5, "b": 2}, 2)] == [
        ("a", 0, 2),
        ("b", 0, 2),
        ("a", 2, 2),
        ("a", 4, 1),
    ]
    todo = endless({"a": 2.0, "b": 1.0}, 10)
    assert [next(todo).door for _ in range(6)].count("a") == 4


def test_a_door_whose_packages_are_missing_is_told() -> None:
    """It is no row of zeros that passes for an attack."""
    assert "needs torch" in table({"a": Score(skipped="needs torch"), "b": Score(accepted=1)})


@pytest.mark.parametrize(
    ("message", "wrong"),
    [
        ("a.wav is empty; record it again", ""),
        ("a\nb", "U+000A"),
        ("a\u202eb", "U+202E"),
        ("\ud800", "U+D800"),
        ("", "empty"),
        ("something unforeseen went wrong", "unforeseen"),
        ("no .facetake-12ab34cd56ef there", "temporary"),
        ("<a.b object at 0x7f12>", "address"),
        ("x" * 2000, "2000 characters"),
    ],
)
def test_sentences_are_judged(message: str, wrong: str) -> None:
    """What no person should read is found in a sentence, and nothing in a good one."""
    assert wrong in wrong_with(message) and bool(wrong_with(message)) == bool(wrong)
    assert not unprintable("\u0939\u093f\u0928\u094d\u200d\u0926\u0940 na\u00efve")


def test_the_guided_mode_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without atheris it is a sentence and no traceback."""
    monkeypatch.setattr(guided, "find_spec", lambda _: None)
    assert command.main(["--doors", PLANTED, "--door", "accepts", "--guided"]) == 2
    assert "pip install atheris" in capsys.readouterr().out


def test_led_dice_show_what_they_are_given() -> None:
    """The same bytes are the same choices; other bytes are others; and they never run out."""
    first = guided.Led(b"\x03\x80\x07" * 9)
    again = guided.Led(b"\x03\x80\x07" * 9)
    throws = [(first.random(), first.randrange(10), first.choice("abc")) for _ in range(50)]
    assert throws == [(again.random(), again.randrange(10), again.choice("abc")) for _ in range(50)]
    assert guided.Led(bytes(40)).choice(range(7)) == 0 and len(set(throws)) > 5
