"""Whatever changes a take changes its row's fingerprint, so that the next run makes it again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from facetake import batch, files, formats, inference
from facetake.batch import making
from facetake.errors import AudioError, FacetakeError
from facetake.files import hash_of
from facetake.generate import GenerateOptions, generate

OTHER = {
    "emotion": "angry",
    "rate": Fraction(24),
    "keys": "sparse",
    "seed": 1,
    "energy": 0.5,
    "blink": False,
    "gaze": False,
    "head": False,
    "gains": {"brow": 0.5},
    "only": ("brow",),
    "head_style": "onsets",
    "look": "camera",
    "events": "laugh@0.2-0.6",
}

UNSET = {"blinks", "darts", "script", "text", "language", "dictionary", "emphasis", "edits", "mood"}
"""Options that no batch's command sets; a row has its own text."""
LISTED = "id,audio,emotion,look,events\na,line_0.wav,mood.txt,look.txt,what.txt\n"


@pytest.fixture
def row(tmp_path: Path) -> batch.ManifestRow:
    """A row of a list of one."""
    (tmp_path / "a.wav").write_bytes(b"sound")
    (tmp_path / "lines.csv").write_text("id,audio\na,a.wav\n", encoding="utf-8")
    return batch.read(tmp_path / "lines.csv", ".csv")[0]


def test_every_option_is_in_the_fingerprint(row: batch.ManifestRow, tmp_path: Path) -> None:
    """A row is made again when any option of generation differs, but for those that no command sets."""
    hashes = making.model_hashes(None)
    plain = making.fingerprint(row, batch.BatchSettings(tmp_path, GenerateOptions()), hashes)
    assert {field.name for field in fields(GenerateOptions)} - set(OTHER) == UNSET
    for name, value in OTHER.items():
        options = GenerateOptions(**{name: value})  # type: ignore[arg-type]
        assert making.fingerprint(row, batch.BatchSettings(tmp_path, options), hashes) != plain, name


def test_the_text_is_in_the_fingerprint(row: batch.ManifestRow, tmp_path: Path) -> None:
    """A row whose text changed is made again, as its lips follow it."""
    hashes = making.model_hashes(None)
    settings = batch.BatchSettings(tmp_path, GenerateOptions())
    told = [making.fingerprint(replace(row, text=text), settings, hashes) for text in ("", "Hold.", "{Hold}.")]
    assert len({str(one) for one in told}) == 3


def test_a_mood_in_capitals_is_the_same(row: batch.ManifestRow, tmp_path: Path) -> None:
    """A row is not made again because its mood is written in another case."""
    hashes = making.model_hashes(None)
    told = [
        making.fingerprint(row, batch.BatchSettings(tmp_path, GenerateOptions(emotion=mood)), hashes)
        for mood in ("happy:0.7", "Happy:0.7")
    ]
    assert told[0] == told[1]


def test_what_rows_share_is_read_once(lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A character of a gigabyte is hashed once for a list, and a recording once for all its moods."""
    mesh = tmp_path / "hero.glb"
    mesh.write_bytes(b"a character")
    rows = batch.matrix(batch.read(lines, ".csv")[:2], ["happy", "sad"], [1.0], "{id}-{emotion}")
    read: list[str] = []

    def counted(path: Path, kind: type[FacetakeError]) -> str:
        read.append(path.name)
        return hash_of(path, kind)

    monkeypatch.setattr(files, "hash_of", counted)
    settings = batch.BatchSettings(tmp_path, GenerateOptions(), rig_map="vrm", mesh=mesh)
    prints = batch._checked(rows, settings, making.model_hashes(None))[1]
    assert sorted(read) == ["hero.glb", "line_0.wav", "line_1.wav", "vrm.toml"] and len(prints) == 4
    for row in rows:
        assert prints[row.id] == making.fingerprint(row, settings, making.model_hashes(None))


@pytest.mark.parametrize("model", ["audio2rig", "motion"])
def test_every_model_of_generation_is_in_the_fingerprint(model: str, row: batch.ManifestRow, tmp_path: Path) -> None:
    """A row is made again with another network or other movement."""
    settings = batch.BatchSettings(tmp_path, GenerateOptions())
    hashes = making.model_hashes(None)
    changed = hashes | {model: "0" * 64}
    assert making.fingerprint(row, settings, hashes) != making.fingerprint(row, settings, changed)


def test_a_folder_that_moves_changes_nothing(lines: Path, tmp_path: Path) -> None:
    """Takes and fingerprints hold names and hashes of inputs, no folder: a list that is copied elsewhere is kept."""
    (lines / "mood.txt").write_text("0.0 sad:0.5", encoding="utf-8")
    (lines / "look.txt").write_text("0.0 camera", encoding="utf-8")
    (lines / "what.txt").write_text("0.2 0.6 gasp", encoding="utf-8")
    (lines / "list.csv").write_text(LISTED, encoding="utf-8")
    shutil.copytree(lines, tmp_path / "elsewhere")
    found = {}
    for name, folder in (("here", lines), ("there", tmp_path / "elsewhere")):
        settings = batch.BatchSettings(tmp_path / name, GenerateOptions(), form="npz")
        batch.run(batch.read(folder / "list.csv", ".npz"), settings, 1, lambda _news: None)
        found[name] = (tmp_path / name / "a.npz").read_bytes()
        again = batch.run(batch.read(lines / "list.csv", ".npz"), settings, 1, lambda _news: None)
        assert again.kept == 1

    assert found["here"] == found["there"]
    origin = formats.read(tmp_path / "here" / "a.npz").origin
    assert (origin["emotion"], origin["look"], origin["events"]) == ("mood.txt", "look.txt", "what.txt")


@pytest.mark.parametrize("name", ["line_0.wav", "mood.txt", "look.txt", "what.txt"])
def test_an_input_that_changes_after_it_was_checked_and_back(name: str, lines: Path, tmp_path: Path) -> None:
    """The ledger knows what a take was made of, and not what was there when the list was checked."""
    (lines / "mood.txt").write_text("0.0 sad:0.5", encoding="utf-8")
    (lines / "look.txt").write_text("0.0 camera", encoding="utf-8")
    (lines / "what.txt").write_text("0.2 0.6 gasp", encoding="utf-8")
    (lines / "list.csv").write_text(LISTED, encoding="utf-8")
    settings = batch.BatchSettings(tmp_path / "out", GenerateOptions())
    path = lines / name
    before = path.read_bytes()
    others = {"line_0.wav": (lines / "line_1.wav").read_bytes(), "mood.txt": b"0.0 happy", "look.txt": b"0.0 0.5,0,1"}
    others["what.txt"] = b"0.2 0.6 laugh"
    what = {"line_0.wav": "audio", "mood.txt": "cues", "look.txt": "look cues", "what.txt": "event cues"}[name]

    def changed(rows: Sequence[batch.ManifestRow], *about: Any) -> Iterator[making.RowResult]:
        path.write_bytes(others[name])
        yield from batch.local(rows, *about)

    def run(engine: batch.Engine) -> batch.Summary:
        rows = batch.read(lines / "list.csv", ".csv")
        return batch.run(rows, settings, 1, lambda _news: None, engine=engine)

    run(changed)
    wrong = (tmp_path / "out" / "a.csv").read_bytes()
    path.write_bytes(before)
    again = run(batch.local)

    assert again.made == {"a": f"{what} changed"}
    assert (tmp_path / "out" / "a.csv").read_bytes() != wrong
    assert run(batch.local).kept == 1


def test_a_recording_that_changes_while_it_is_read(lines: Path) -> None:
    """One sentence; a take of two halves is none."""
    path = lines / "line_0.wav"
    models = inference.load()

    def change(_share: float) -> None:
        path.write_bytes((lines / "line_1.wav").read_bytes())

    with pytest.raises(AudioError, match="line_0.wav was changed while it was read; run the same command again"):
        generate(path, GenerateOptions(), models, change)
