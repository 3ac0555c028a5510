"""Lists of lines: what is read, what is refused as a whole, and what becomes one row's entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facetake import batch
from facetake.batch.sheet import COLUMNS
from facetake.errors import BatchError


def csv(folder: Path, *rows: str, header: str = "id,audio,emotion,style,actor,character,text,seed,out") -> Path:
    """A list beside the recordings."""
    path = folder / "lines.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_every_column_of_either_form(lines: Path) -> None:
    """CSV and JSON Lines give the same rows, with whole paths and lengths."""
    (lines / "mood.txt").write_text("0.0 sad\n")
    path = csv(
        lines, "a,line_0.wav,happy:0.7,sad:0.5,bruno,Ann,Hello there,7,sub/a.json", "b,line_1.wav,mood.txt,,,,,,"
    )
    found = batch.read(path, ".csv")
    table = [
        {"id": "a", "audio": "line_0.wav", "emotion": "happy:0.7", "style": "sad:0.5", "actor": "bruno",
         "character": "Ann", "text": "Hello there", "seed": 7, "out": "sub/a.json"},
        {"id": "b", "audio": "line_1.wav", "emotion": "mood.txt", "seed": None},
    ]  # fmt: skip
    other = lines / "lines.jsonl"
    other.write_text("\n".join(map(json.dumps, table)), encoding="utf-8")

    assert [row.problem for row in found] == ["", ""]
    assert (found[0].seed, str(found[0].out), found[0].audio) == (7, "sub/a.json", (lines / "line_0.wav").resolve())
    assert found[0].duration_s == pytest.approx(0.5, abs=0.01) and str(found[1].out) == "b.csv"
    assert [(row.id, row.audio, row.emotion, row.seed, row.out) for row in batch.read(other, ".csv")] == [
        (row.id, row.audio, row.emotion, row.seed, row.out) for row in found
    ]


def test_a_folder_is_a_list(lines: Path) -> None:
    """Every recording in it and below it, named by its path."""
    (lines / "act 2").mkdir()
    (lines / "line_0.wav").rename(lines / "act 2" / "line 0.wav")
    found = batch.read(lines, ".csv")

    assert [row.id for row in found] == ["act_2_line_0", *(f"line_{number}" for number in range(1, 8))]
    assert str(found[0].out) == "act 2/line 0.csv" and not any(row.problem for row in found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "column 'id' is missing"),
        ("id\na\n", "column 'audio' is missing"),
        ("mood,line\na,b\n", "column 'id' is missing"),
        ("id,audio,id\na,b,c\n", "column 'id' is there twice"),
        ("ID;Audio;id\na;b;c\n", "column 'id' is there twice"),
        ("id,audio\n", "holds no line"),
        ("\xff\xfe", "is not UTF-8 text"),
    ],
)
def test_files_refused_as_a_whole(tmp_path: Path, text: str, says: str) -> None:
    """What is wrong with the whole list is one sentence, before anything runs."""
    path = tmp_path / "lines.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BatchError, match=says):
        batch.read(path, ".csv")


@pytest.mark.parametrize("text", ["[1]", "{", "{}", '{"id": "a"}', '{"id": "a", "x": 1}', "[" * 9999])
def test_json_lines_refused_as_a_whole(tmp_path: Path, text: str) -> None:
    """The same for JSON Lines, with the line's number."""
    path = tmp_path / "lines.jsonl"
    path.write_text(text)
    with pytest.raises(BatchError, match="line 1"):
        batch.read(path, ".csv")


def test_rows_refused_one_by_one(lines: Path, tmp_path: Path) -> None:
    """Ten kinds of bad rows among good ones are ten entries that say what to do; the good ones run."""
    (lines / "noise.wav").write_text("no sound")
    (lines / "empty.wav").touch()
    bad = {
        "gone.wav,,": "no file", "noise.wav,,": "is not a sound file", "empty.wav,,": "empty",
        "../silence.wav,,": "leaves the folder of the list", "line_1.wav,bored,": "unknown emotion 'bored'",
        "line_1.wav,happy:2,": "not a number from 0 to 1", "line_1.wav,,-1": "no whole number of 0 or more",
        "line_1.wav,,x": "no whole number of 0 or more", ",,": "audio is empty", "line_1.wav,../mood.txt,": "leaves",
    }  # fmt: skip
    rows = [f"bad{number},{row}" for number, row in enumerate(bad)]
    path = csv(
        lines, "good,line_0.wav,,", *rows, "good,line_2.wav,,", "a b,line_2.wav,,", header="id,audio,emotion,seed"
    )
    found = batch.read(path, ".csv")

    assert found[0].problem == ""
    for row, says in zip(found[1:11], bad.values(), strict=True):
        assert says in row.problem, row
    assert found[11].problem == "id 'good' is there already, in line 2"
    assert "id 'a b' is no name" in found[12].problem


@pytest.mark.parametrize("out", ["../a.csv", "/elsewhere/a.csv", "C:/a.csv", "sub/../../a.csv"])
def test_outputs_stay_in_their_folder(lines: Path, out: str) -> None:
    """A row cannot write outside the folder of results."""
    found = batch.read(csv(lines, f"a,line_0.wav,{out}", header="id,audio,out"), ".csv")

    assert "leaves the folder of results" in found[0].problem


def test_two_rows_with_one_output(lines: Path) -> None:
    """The first keeps it; names that differ in capitals only are one on some disks."""
    rows = ("a,line_0.wav,x.csv", "b,line_1.wav,X.csv", "c,line_2.wav,x.json")  # the last would share its keys' file
    found = batch.read(csv(lines, *rows, header="id,audio,out"), ".csv")

    assert [row.problem for row in found] == [
        "", "out 'X.csv' is that of 'a', too; name another", "out 'x.json' is that of 'a', too; name another",
    ]  # fmt: skip


def test_every_mood_and_every_shard(lines: Path) -> None:
    """The matrix names takes by its pattern; shards are disjoint and together the whole."""
    rows = batch.read(lines, ".json")
    moods = batch.matrix(rows, ["neutral", "happy", "sad"], [0.5, 1.0], "{id}-{emotion}-{intensity}")

    assert len(moods) == 8 * 5 and not any(row.problem for row in moods)
    assert (moods[1].id, str(moods[1].out), moods[1].emotion) == (
        "line_0-happy-0.5",
        "line_0-happy-0.5.json",
        "happy:0.5",
    )
    parts = [batch.shard(moods, number, 3) for number in (1, 2, 3)]
    assert sorted(row.id for part in parts for row in part) == sorted(row.id for row in moods)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    for pattern in ("{id}", "{emotion}", "{id}_{emotion}_{x}", "{id}/{emotion}", "{id.__class__}{emotion}"):
        with pytest.raises(BatchError, match="pattern"):
            batch.matrix(rows, ["happy"], [1.0], pattern)


def test_the_schema_names_every_column() -> None:
    """What `--schema` prints is what is read."""
    assert all(f"\n{name} " in batch.schema() for name in COLUMNS)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_fuzzed_lists(tmp_path: Path, data: bytes) -> None:
    """Any bytes are read or refused with a BatchError."""
    for name in ("fuzz.csv", "fuzz.jsonl"):
        path = tmp_path / name
        path.write_bytes(b"id,audio\n" + data if name.endswith("csv") else data)
        try:
            assert batch.read(path, ".csv")
        except BatchError as error:
            assert "\n" not in str(error)
