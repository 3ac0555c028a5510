"""Lists of lines: what is read, what is refused as a whole, and what becomes one row's entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facetake import audio, batch
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
        {
            "id": "a",
            "audio": "line_0.wav",
            "emotion": "happy:0.7",
            "style": "sad:0.5",
            "actor": "bruno",
            "character": "Ann",
            "text": "Hello there",
            "seed": 7,
            "out": "sub/a.json",
        },
        {"id": "b", "audio": "line_1.wav", "emotion": "mood.txt", "seed": None},
    ]
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
        ("\xff\xfe\x00", "is not UTF-8 text"),
        ("\xff\x00\x80", "is not UTF-8 text"),
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
    """A file of JSON Lines of which no line can be used is refused with the first one's number and reason."""
    path = tmp_path / "lines.jsonl"
    path.write_text(f"{text}\n{text}\n")
    with pytest.raises(BatchError, match="line 1"):
        batch.read(path, ".csv")


def test_a_broken_json_line_fails_alone(lines: Path) -> None:
    """Half a line, a number, deep brackets and an object that lacks a column are those rows' faults; others run."""
    path = lines / "lines.jsonl"
    bad = {
        '{"id": "half", "aud': "no JSON",
        "7": "no JSON object",
        "[" * 9999: "nested too deep",
        '{"id": "bare"}': "column 'audio' is missing",
        '{"id": "a", "ID": "b", "audio": "x"}': "there twice",
    }
    good = '{{"id": "{name}", "audio": "line_1.wav", "text": "two\u2028lines\x85 of text"}}'
    path.write_text("\n".join([good.format(name="first"), *bad, good.format(name="last")]), encoding="utf-8")
    found = batch.read(path, ".csv")

    assert [row.line for row in found] == list(range(1, 8))
    assert [row.id for row in found if not row.problem] == ["first", "last"] and found[4].id == "bare"
    assert all(says in row.problem for row, says in zip(found[1:6], bad.values(), strict=True))


def test_rows_refused_one_by_one(lines: Path, tmp_path: Path) -> None:
    """Ten kinds of bad rows among good ones are ten entries that say what to do; the good ones run."""
    (lines / "noise.wav").write_text("no sound")
    (lines / "empty.wav").touch()
    bad = {
        "gone.wav,,": "no file",
        "noise.wav,,": "is not a sound file",
        "empty.wav,,": "empty",
        "../silence.wav,,": "leaves the folder of the list",
        "line_1.wav,bored,": "unknown emotion 'bored'",
        "line_1.wav,happy:2,": "not a number from 0 to 1",
        "line_1.wav,,-1": "not a whole number of 0 or more",
        "line_1.wav,,x": "not a whole number of 0 or more",
        ",,": "audio is empty",
        "line_1.wav,../mood.txt,": "leaves",
        "line_1.wav,,,../look.txt": "look '../look.txt' leaves",
        "line_1.wav,,,'0,0,0'": "lies in the head",
        "line_1.wav,,,look.txt": "look.txt, line 2: cues out of order",
    }
    (lines / "look.txt").write_text("1 camera\n0.5 free\n")
    rows = [f"bad{number},{row}".replace("'", '"') for number, row in enumerate(bad)]
    path = csv(
        lines, "good,line_0.wav,,", *rows, "good,line_2.wav,,", "a b,line_2.wav,,", header="id,audio,emotion,seed,look"
    )
    found = batch.read(path, ".csv")

    assert found[0].problem == ""
    for row, says in zip(found[1:14], bad.values(), strict=True):
        assert says in row.problem, row
    assert found[14].problem == "id 'good' is there already, in line 2"
    assert found[15].problem == ("id 'a b' is no name: use letters, digits, and . _ - between them, and not a space")


def test_what_is_wrong_with_an_id_is_said(lines: Path) -> None:
    """An id that is empty, too long, or begins with a point says so, and where an empty one stands."""
    ids = {"": "id is empty", "é" * 201: "has 201 characters; 200 are the most", ".a": "not . - at an end"}
    ids |= {"a?b": "not '?'", "Zoë_日本": ""}
    found = batch.read(csv(lines, *(f"{one},line_0.wav" for one in ids), header="id,audio"), ".csv")

    for row, (one, says) in zip(found, ids.items(), strict=True):
        assert says in row.problem and bool(says) == bool(row.problem), one
    assert found[0].place == "line 2" and found[3].place == "a?b, line 5" and len(found[1].problem) < 120


def test_names_that_a_list_writes_otherwise(lines: Path) -> None:
    """A name whose accents are written otherwise is found; one with other capitals is refused with the one there is."""
    (lines / "e\u0301tude").mkdir()
    (lines / "line_0.wav").rename(lines / "e\u0301tude" / "Zoe\u0308.wav")
    (lines / "line_1.wav").rename(lines / "line_1.WAV")
    rows = ("a,\u00e9tude/Zo\u00eb.wav", "b,LINE_1.wav", "c,line_2.WAV", "d,gone.wav")
    found = batch.read(csv(lines, *rows, header="id,audio"), ".csv")

    assert found[0].problem == "" and found[0].duration_s > 0.0
    assert found[1].problem.endswith("LINE_1.wav; there is 'line_1.WAV', and capitals count here")
    assert found[2].problem.endswith("line_2.WAV; there is 'line_2.wav', and capitals count here")
    assert found[3].problem.endswith("gone.wav; check the path")


def test_cues_are_read_beside_the_list_alone(lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is called like a cell, without a suffix, where the batch is started, is none of the list's."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for name, cue in (("mine", "0 sad\n"), ("aim", "0 camera\n")):
        Path(name).write_text(cue, encoding="utf-8")
    path = csv(
        lines, "a,line_0.wav,mine,", "b,line_1.wav,,aim", "c,line_2.wav,sad,camera", header="id,audio,emotion,look"
    )
    found = batch.read(path, ".csv")
    assert all(str(lines) in row.problem and "cannot read" in row.problem for row in found[:2]), found
    assert not found[2].problem

    for name in ("mine", "aim"):
        Path(name).replace(lines / name)
    monkeypatch.chdir(lines)
    found = batch.read(path, ".csv")
    assert [(row.emotion, row.look) for row in found[:2]] == [(str(lines / "mine"), ""), ("", str(lines / "aim"))]


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
        "",
        "out 'X.csv' is that of 'a', too; name another",
        "out 'x.json' is that of 'a', too; name another",
    ]


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
    for pattern in (
        "{id}",
        "{emotion}",
        "{id}_{emotion}_{x}",
        "{id}/{emotion}",
        "{id.__class__}{emotion}",
        "{id:>9999999999}{emotion}",
        "{id}{emotion}{intensity:{id}}",
        "{id}{emotion}{",
        "{id!r:1000000}{emotion}",
        "{{id}}{emotion}",
    ):  # what has a width fills the memory
        with pytest.raises(BatchError, match="pattern"):
            batch.matrix(rows, ["happy"], [1.0], pattern)


def test_a_recording_of_many_rows_is_listened_to_once(lines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The length of a recording that stands in a thousand rows is found once."""
    opened = list[Path]()
    listen = audio.stream

    def noted(path: Path) -> audio.AudioStream:
        opened.append(path)
        return listen(path)

    monkeypatch.setattr(audio, "stream", noted)
    found = batch.read(csv(lines, *(f"a{n},line_{n % 2}.wav" for n in range(40)), header="id,audio"), ".csv")

    assert len(opened) == 2 and {row.duration_s for row in found} == {0.5, 0.6}


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


def read_text(folder: Path, text: str, *, follow_links: bool = False) -> list[batch.ManifestRow]:
    """The rows of a list that is saved so."""
    path = folder / "lines.csv"
    path.write_text(text, encoding="utf-8")
    return batch.read(path, ".csv", follow_links=follow_links)


@pytest.mark.parametrize(
    "text",
    [
        "id;audio;text\na;line_0.wav;Well, well\n",
        "id\taudio\ttext\r\na\tline_0.wav\tWell, well\r\n",
        "sep=;\nid;audio;text\na;line_0.wav;Well, well\n",
        '\ufeffID,Audio, Text \na,line_0.wav,"Well, well"\n',
        "id|audio|text\na|line_0.wav|Well, well\n",
        'id,audio,text,,,\na,line_0.wav,"Well, well",,,\n',
        "audio;id;text;emotion;seed\nline_0.wav;a;Well, well\n",
        "text;note;id;audio;;\nWell, well;x;a;line_0.wav\n\n;;;;;\n",
    ],
)
def test_lists_as_spreadsheets_save_them(lines: Path, text: str) -> None:
    """Separators of other countries, capitals, empty columns at the right and cells left out give the same row."""
    (found,) = read_text(lines, text)

    assert (found.id, found.audio, found.text) == ("a", (lines / "line_0.wav").resolve(), "Well, well")
    assert found.problem == "" and str(found.out) == "a.csv"


def test_a_row_with_too_few_or_too_many_cells(lines: Path) -> None:
    """A short row lacks what it lacks, one with text beyond the last column says so, and the others are rows."""
    found = read_text(lines, "id,audio,text\na\nb,line_0.wav,Well, well\nc,line_1.wav\n")

    assert [bool(row.problem) for row in found] == [True, True, False]
    assert "audio is empty" in found[0].problem and "4 cells, but 3 columns" in found[1].problem


def test_other_columns_are_kept_and_told_once(lines: Path) -> None:
    """Columns of the studio's own go to the report, and a name that is nearly one of ours is asked about."""
    found = read_text(lines, "id,audio,Emotoin,take no\na,line_0.wav,sad,3\nb,line_1.wav,,4\n")

    assert [row.others for row in found] == [(("Emotoin", "sad"), ("take no", "3")), (("take no", "4"),)]
    assert batch.notes(found) == [
        "columns that mean nothing here are kept for the report only: 'Emotoin' (is 'emotion' meant?), 'take no'"
    ]


def test_backslashes_lead_to_the_same_file(lines: Path) -> None:
    """A list from Windows names recordings and cues in folders; a file called with a backslash is that file."""
    (lines / "sub").mkdir()
    (lines / "line_0.wav").rename(lines / "sub" / "a.wav")
    (lines / "sub" / "mood.txt").write_text("0.0 sad\n")
    (lines / "x\\y.wav").write_bytes((lines / "line_1.wav").read_bytes())
    found = read_text(lines, "id,audio,emotion\na,sub\\a.wav,sub\\mood.txt\nb,x\\y.wav,\nc,..\\a.wav,\n")

    assert [row.problem for row in found[:2]] == ["", ""] and "leaves the folder" in found[2].problem
    assert found[0].audio.name == "a.wav" and found[1].audio.name == "x\\y.wav"


def test_links_are_followed_where_that_is_asked(lines: Path, tmp_path: Path) -> None:
    """A link to another disk is refused with what to do, and followed, in lists and folders, where one says so."""
    other = tmp_path / "other"
    other.mkdir()
    (lines / "line_0.wav").rename(other / "far.wav")
    (lines / "disk").symlink_to(other)
    (other / "loop").symlink_to(lines)
    text = "id,audio\na,disk/far.wav\nb,../other/far.wav\n"
    plain = read_text(lines, text)
    followed = read_text(lines, text, follow_links=True)

    assert "add --follow-links" in plain[0].problem and "leaves the folder" in plain[1].problem
    assert followed[0].problem == "" and "leaves the folder" in followed[1].problem
    assert "disk_far" not in {row.id for row in batch.read(lines, ".csv")}
    rows = batch.read(lines, ".csv", follow_links=True)
    assert len(rows) == 8 and "disk_far" in {row.id for row in rows} and not any(row.problem for row in rows)


def test_names_of_any_script_and_look_alikes(lines: Path) -> None:
    """Marks of Hindi, decomposed accents, names that would be one id or one file: each is a row, told where renamed."""
    sound = (lines / "line_0.wav").read_bytes()
    for one in list(lines.iterdir()):
        one.unlink()
    names = ["take 1.wav", "take_1.wav", "take_1-2.wav", "हिन्दी.wav", "e\u0301te\u0301.wav", "npc/bob_greet.wav"]
    for name in (*names, "npc_bob/greet.wav", "a.wav", "a.aif", "A.wav", "می\u200cروم.wav", "日本 語.wav"):
        (lines / name).parent.mkdir(exist_ok=True)
        (lines / name).write_bytes(sound)
    found = {str(row.audio.relative_to(lines.resolve())): row for row in batch.read(lines, ".csv")}

    assert not any(row.problem for row in found.values()) and len({row.id.casefold() for row in found.values()}) == 12
    assert found["take_1.wav"].id == "take_1" and found["take 1.wav"].id == "take_1-3"
    assert found["हिन्दी.wav"].id == "हिन्दी" and found["e\u0301te\u0301.wav"].id == "\u00e9t\u00e9"
    assert len({str(row.out).casefold() for row in found.values()}) == 12
    assert found["take 1.wav"].note.startswith("take 1.wav is line 'take_1-3'") and not found["take_1.wav"].note
    assert len(batch.notes(list(found.values()))) == 4


@pytest.mark.parametrize("name", ["con", "NUL", "Aux", "com1", "LPT9", "prn.v2", "COM\u00b2"])
def test_names_of_windows_devices(lines: Path, name: str) -> None:
    """A line or a recording called as a device gets a number, which is told; so does a folder on its way."""
    spare = f"{name.partition('.')[0]}-1{name[len(name.partition('.')[0]) :]}"
    (row,) = read_text(lines, f"id,audio\n{name},line_0.wav\n")
    assert (row.id, str(row.out), row.problem) == (spare, f"{spare}.csv", "")
    assert batch.notes([row]) == [f"'{name}' is line '{spare}', since Windows keeps that name for a device"]

    (lines / name).mkdir()
    (lines / "line_0.wav").rename(lines / name / f"{name}.wav")
    for one in lines.glob("*.*"):
        if one.is_file():
            one.unlink()
    (row,) = batch.read(lines, ".csv")
    assert (str(row.out), row.problem) == (f"{spare}/{spare}.csv", "")
    assert "since Windows keeps its name for a device" in batch.notes([row])[0]


@pytest.mark.parametrize("out", ["nul.csv", "a/CON/b.csv", "com1.keys.json"])
def test_outputs_that_are_windows_devices(lines: Path, out: str) -> None:
    """An output that a row itself calls so is refused, with that name."""
    (row,) = read_text(lines, f"id,audio,out\na,line_0.wav,{out}\n")
    assert "Windows keeps the name" in row.problem


@pytest.mark.parametrize("name", ["console", "com", "com10", "nulls", "aux1", "lpt", "a.con"])
def test_names_that_only_begin_like_devices(lines: Path, name: str) -> None:
    """They stay as they are."""
    (row,) = read_text(lines, f"id,audio\n{name},line_0.wav\n")
    assert (row.id, row.note, row.problem) == (name, "", "")


def test_a_recording_is_no_list(lines: Path) -> None:
    """Who names one line instead of a list is told what makes a take of it."""
    with pytest.raises(BatchError, match="line_0.wav is a recording and no list; name its folder, or use"):
        batch.read(lines / "line_0.wav", ".csv")
