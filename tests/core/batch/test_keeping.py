"""What people said of takes and changed in them: kept, whatever is made again."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facetake import batch, formats, qc
from facetake.batch import approvals, keeping
from facetake.errors import BatchError
from facetake.generate import GenerateOptions

VERSION_1 = """
CREATE TABLE rows (
  id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL, out TEXT NOT NULL,
  bytes INTEGER NOT NULL, duration_s REAL NOT NULL, spent_s REAL NOT NULL, made INTEGER NOT NULL, why TEXT NOT NULL
);
PRAGMA user_version=1;
"""


@pytest.fixture
def listed(lines: Path) -> Path:
    """A list of two lines, one with dots in its id."""
    path = lines / "lines.csv"
    path.write_text("id,audio\na.b.1,line_6.wav\nc,line_7.wav\n")
    return path


def run(
    source: Path,
    out: Path,
    said: dict[str, batch.Verdict] | None = None,
    limits: qc.Limits | None = None,
    **options: object,
) -> batch.Summary:
    """A batch in one process beside this."""
    asked = batch.BatchSettings(out, GenerateOptions(**options), limits=limits)  # type: ignore[arg-type]
    return batch.run(batch.read(source, ".csv"), asked, 1, lambda _news: None, verdicts=said)


def entries(out: Path) -> dict[str, batch.LedgerEntry]:
    """The ledger's rows."""
    with batch.Ledger(out) as ledger:
        return {one.id: one for one in ledger.entries()}


def sha256(path: Path) -> str:
    """Of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def said(folder: Path, **lines: object) -> Path:
    """A file as the report exports it."""
    path = folder / "approvals.json"
    path.write_text(json.dumps({"facetake_approvals": 1, "lines": lines}))
    return path


def test_what_is_put_down(listed: Path, tmp_path: Path) -> None:
    """Hash and time of the take, and what the checks measured, stand in the ledger; good takes are not flagged."""
    out = tmp_path / "out"
    summary = run(listed, out, emotion="happy")
    found = entries(out)["c"]

    assert found.sha256 == sha256(out / "c.csv") and found.mtime_ns == (out / "c.csv").stat().st_mtime_ns
    assert {"unsealed", "jitter", "silence", "blinks", "head"} <= {one.name for one in found.measured}
    assert summary.flagged == {
        name: qc.score(qc.judge(one.measured)) for name, one in entries(out).items() if qc.score(qc.judge(one.measured))
    }


def test_other_limits_make_nothing_again(listed: Path, tmp_path: Path) -> None:
    """With stricter limits takes that were made before are flagged, the worst first, and none is made again."""
    run(listed, tmp_path / "out")
    shipped = qc.shipped()
    strict = replace(shipped, asymmetry=replace(shipped.asymmetry, limit=0.0))
    summary = run(listed, tmp_path / "out", limits=strict)

    assert summary.made == {} and set(summary.flagged) == {"a.b.1", "c"}
    assert list(summary.flagged.values()) == sorted(summary.flagged.values(), reverse=True)


def test_a_touched_take_is_not_made_again(listed: Path, tmp_path: Path) -> None:
    """A new time with the old bytes changes nothing; other bytes of the same length are seen."""
    out = tmp_path / "out"
    run(listed, out)
    os.utime(out / "c.csv", ns=(1, 1))
    assert run(listed, out).made == {} and entries(out)["c"].mtime_ns == 1
    data = bytearray((out / "c.csv").read_bytes())
    data[-2] ^= 1
    (out / "c.csv").write_bytes(data)

    assert run(listed, out).made["c"].startswith("its take was changed or cut off; somebody's version is kept as")
    assert (out / "c.changed-1.csv").read_bytes() == data


def test_every_change_by_hand_is_kept(listed: Path, tmp_path: Path) -> None:
    """Whatever the reason to make a row again, what somebody wrote there gets the next free name."""
    out = tmp_path / "out"
    run(listed, out)
    for number, text in enumerate(("mine", "mine too"), 1):
        (out / "a.b.1.csv").write_text(text)
        run(listed, out, seed=number)
        assert (out / f"a.b.1.changed-{number}.csv").read_text() == text
    before = sorted(out.glob("*.csv"))

    assert len(run(listed, out, seed=9).made) == 2 and sorted(out.glob("*.csv")) == before


def test_a_file_that_was_there_first(listed: Path, tmp_path: Path) -> None:
    """A file that no run made is kept, too; the very take that is to be made is not."""
    out = tmp_path / "out"
    other = tmp_path / "other"
    run(listed, other)
    out.mkdir()
    (out / "a.b.1.csv").write_text("somebody's")
    (out / "c.csv").write_bytes((other / "c.csv").read_bytes())
    summary = run(listed, out)

    assert (out / "a.b.1.changed-1.csv").read_text() == "somebody's"
    assert summary.made["c"] == "new" and len(list(out.glob("*.csv"))) == 3


def test_keys_go_with_their_take(listed: Path, tmp_path: Path) -> None:
    """Keys beside a changed take are kept with it."""
    out = tmp_path / "out"
    run(listed, out, keys="sparse")
    old = (out / "c.keys.json").read_bytes()
    (out / "c.csv").write_text("mine")
    run(listed, out, keys="sparse", seed=1)

    assert (out / "c.keys.changed-1.json").read_bytes() == old


def test_a_ledger_of_version_1(listed: Path, tmp_path: Path) -> None:
    """It becomes one of this version with all that it holds; nothing is made again, and hashes are filled in."""
    out = tmp_path / "out"
    run(listed, out)
    found = entries(out)
    (out / batch.NAME).unlink()
    with sqlite3.connect(out / batch.NAME) as base:
        base.executescript(VERSION_1)
        for one in found.values():
            base.execute(
                "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (one.id, json.dumps(one.fingerprint), one.status, "", one.out, one.bytes, 1.0, 2.0, 3, "seed changed"),
            )
    base.close()
    assert run(listed, out).made == {}
    later = entries(out)

    assert {name: (one.made, one.why, one.sha256) for name, one in later.items()} == {
        name: (3, "seed changed", one.sha256) for name, one in found.items()
    }
    assert later["c"].measured == () and run(listed, out).kept == 2


def test_approved_versions_and_drift(listed: Path, tmp_path: Path) -> None:
    """The approved take is kept before the row is made again in another mood, and how far that moved is measured."""
    out = tmp_path / "out"
    run(listed, out)
    first = formats.read(out / "a.b.1.csv")
    path = said(
        tmp_path,
        **{
            "a.b.1": {"verdict": "approved", "note": "fine", "take_sha256": sha256(out / "a.b.1.csv")},
            "c": {"verdict": "rejected", "note": "brows", "take_sha256": sha256(out / "c.csv")},
            "elsewhere": {"verdict": "approved", "take_sha256": "0" * 64},
        },
    )
    summary = run(listed, out, approvals.read(path), emotion="angry")
    kept = formats.read(out / "approved" / "a.b.1.npz")
    drift = {name: {m.name: m.value for m in one.measured}.get("drift") for name, one in entries(out).items()}

    assert summary.notes == [] and np.array_equal(kept.values, first.values)
    assert drift["a.b.1"] is not None and drift["a.b.1"] > qc.shipped().drift.limit and drift["c"] is None
    with batch.Ledger(out) as ledger:
        assert ledger.verdicts() == {name: one for name, one in approvals.read(path).items() if name != "elsewhere"}
    again = run(listed, out, approvals.read(path), emotion="angry")
    assert (again.made, again.notes) == ({}, [])
    assert np.array_equal(formats.read(out / "approved" / "a.b.1.npz").values, first.values)


def test_an_approval_of_a_version_that_is_gone(listed: Path, tmp_path: Path) -> None:
    """It is put down and told, and the version approved before stays."""
    out = tmp_path / "out"
    run(listed, out)
    right = {"verdict": "approved", "note": "", "take_sha256": sha256(out / "c.csv")}
    run(listed, out, approvals.read(said(tmp_path, c=right)))
    before = (out / "approved" / "c.npz").read_bytes()
    summary = run(listed, out, approvals.read(said(tmp_path, c={**right, "take_sha256": "ab" * 32})))

    assert summary.notes == ["c was approved in a version that is not there; look at it again"]
    assert (out / "approved" / "c.npz").read_bytes() == before


def test_an_approval_taken_back(listed: Path, tmp_path: Path) -> None:
    """The ledger no longer knows a verdict, its copy goes, the take stays, and no drift is measured from it later."""
    out = tmp_path / "out"
    run(listed, out)
    given = {"verdict": "approved", "note": "", "take_sha256": sha256(out / "c.csv")}
    run(listed, out, approvals.read(said(tmp_path, c=given)))
    summary = run(listed, out, approvals.read(said(tmp_path, c={**given, "verdict": ""})))

    assert summary.notes == [] and not (out / "approved" / "c.npz").exists() and (out / "c.csv").is_file()
    with batch.Ledger(out) as ledger:
        assert ledger.verdicts()["c"].verdict == ""
    run(listed, out, emotion="angry")
    assert "drift" not in {one.name for one in entries(out)["c"].measured}


def test_takes_stay_out_of_the_approved_ones(lines: Path) -> None:
    """A row whose take would lie among approved versions is refused."""
    path = lines / "lines.csv"
    path.write_text("id,audio,out\na,line_6.wav,Approved/a.npz\nb,line_7.wav,approved/b.csv\n")
    rows = batch.read(path, ".csv")

    assert "keeps approved takes" in rows[0].problem and not rows[1].problem


GOOD = {"verdict": "approved", "note": "", "take_sha256": "0" * 64}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is no JSON"),
        ("[]", "is no JSON object"),
        ("[" * 100_000, "is no JSON"),
        ('{"facetake_approvals": 2, "lines": {}}', "of this version"),
        ('{"facetake_approvals": 1}', "lines is no JSON object"),
        ('{"facetake_approvals": 1, "lines": {}, "x": 1}', "'x' is unknown"),
        ('{"facetake_approvals": 1, "lines": {"a": {}, "a": {}}}', "'a' is there twice"),
        (json.dumps({"facetake_approvals": 1, "lines": {"a": 3}}), "line 'a' is no JSON object"),
        (json.dumps({"facetake_approvals": 1, "lines": {"a": {**GOOD, "verdict": "ok"}}}), 'verdict is "ok"'),
        (json.dumps({"facetake_approvals": 1, "lines": {"a": {**GOOD, "verdict": ["ok"]}}}), "verdict is"),
        (json.dumps({"facetake_approvals": 1, "lines": {"a": {**GOOD, "note": 3}}}), "note is no text"),
        (json.dumps({"facetake_approvals": 1, "lines": {"a": {**GOOD, "take_sha256": "AB"}}}), "take_sha256"),
        (json.dumps({"facetake_approvals": 1, "lines": {"a": {**GOOD, "by": "me"}}}), "'by' is unknown"),
        (json.dumps({"facetake_approvals": 1, "lines": {"a": {**GOOD, "take_sha256": ""}}}), "take_sha256"),
        (json.dumps({"facetake_approvals": 1, "lines": {"a": {**GOOD, "emotion": 1}}}), "emotion is no text"),
        (json.dumps({"facetake_approvals": 1, "lines": {"a": {**GOOD, "emotion": "hapy"}}}), "unknown emotion"),
        (json.dumps({"facetake_approvals": 1, "lines": {"a": {**GOOD, "emotion": "auto"}}}), "unknown emotion"),
    ],
)
def test_bad_approvals(text: str, says: str, tmp_path: Path) -> None:
    """Each mistake is one sentence that names the file."""
    path = tmp_path / "approvals.json"
    path.write_text(text)
    with pytest.raises(BatchError, match=says) as raised:
        approvals.read(path)
    assert "\n" not in str(raised.value) and str(path) in str(raised.value)


def test_approvals_that_are_not_there(tmp_path: Path) -> None:
    """A missing file and one that is no text are named."""
    with pytest.raises(BatchError, match="cannot read"):
        approvals.read(tmp_path / "none.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BatchError, match="not UTF-8"):
        approvals.read(tmp_path / "binary.json")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["a", "verdict", "note", "take_sha256"]), inner, max_size=4)
        ),
    )
)
def test_fuzzed_approvals(tmp_path: Path, value: object) -> None:
    """Any lines are read or refused with a BatchError."""
    path = tmp_path / "fuzz.json"
    path.write_text(json.dumps({"facetake_approvals": 1, "lines": value}))
    try:
        found = approvals.read(path)
    except BatchError as error:
        assert "\n" not in str(error)
    else:
        assert all(one.verdict in approvals.VERDICTS for one in found.values())


def test_many_approvals_of_one_line_are_refused_at_once(tmp_path: Path) -> None:
    """Finding the one name that is there twice takes a time in step with how many there are."""
    names = ", ".join(f'"line {number}": 1' for number in range(60_000))
    path = tmp_path / "approvals.json"
    path.write_text(f'{{"facetake_approvals": 1, "lines": {{{names}, "line 59999": 1}}}}', encoding="utf-8")
    begun = time.process_time()
    with pytest.raises(BatchError, match="'line 59999' is there twice"):
        approvals.read(path)
    assert time.process_time() - begun < 2.0


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
def test_a_folder_that_cannot_be_is_told(name: str, tmp_path: Path) -> None:
    """Names that no folder has end in a sentence that says what is wrong."""
    with pytest.raises(BatchError, match="cannot be made .*; name another"):
        keeping.make_folder(tmp_path / name)


def test_a_mood_that_was_heard_wrong(listed: Path, tmp_path: Path) -> None:
    """What a person says of a line's mood makes it anew, now and in every later run, until it is taken back."""
    out = tmp_path / "out"
    run(listed, out, emotion="auto:line")
    heard = entries(out)["c"].heard
    assert heard.sentence.startswith("heard") and heard.visemes[-1][2] <= entries(out)["c"].duration_s + 0.02

    right = said(tmp_path, c={"verdict": "", "note": "she is sad", "take_sha256": "", "emotion": "sad:0.7"})
    summary = run(listed, out, approvals.read(right), emotion="auto:line")
    assert summary.made == {"c": "emotion and heard by changed"} and summary.notes == []
    assert formats.read(out / "c.csv").origin.get("emotion", "sad:0.7") == "sad:0.7"
    assert entries(out)["c"].fingerprint["emotion"] == "sad:0.7" and entries(out)["c"].heard.sentence == heard.sentence

    later = run(listed, out, emotion="auto:line")
    assert later.made == {} and [row.heard_wrong for row in later.rows] == [False, True]
    back = said(tmp_path, c={"verdict": "", "take_sha256": "", "emotion": ""})
    assert list(run(listed, out, approvals.read(back), emotion="auto:line").made) == ["c"]
    assert entries(out)["c"].fingerprint["emotion"] == "auto:line"


def test_a_list_that_names_a_mood_goes_before(listed: Path, tmp_path: Path) -> None:
    """Only what is to be heard can be heard wrong: a row that says its mood keeps it."""
    out = tmp_path / "out"
    right = said(tmp_path, c={"verdict": "", "take_sha256": "", "emotion": "sad"})
    run(listed, out, approvals.read(right), emotion="happy")

    assert entries(out)["c"].fingerprint["emotion"] == "happy"


def test_keys_of_an_earlier_take_go_with_it(listed: Path, tmp_path: Path) -> None:
    """Keys that a later run does not make would pass for the new take's: ours go, those that somebody edited stay."""
    out = tmp_path / "out"
    run(listed, out, keys="sparse")
    (out / "c.keys.json").write_text("mine")
    run(listed, out, seed=3)

    assert not (out / "a.b.1.keys.json").exists() and not (out / "c.keys.json").exists()
    assert (out / "c.keys.changed-1.json").read_text() == "mine"
    assert all(not one.beside for one in entries(out).values())
    run(listed, out, seed=3, keys="sparse")
    assert sorted(path.name for path in out.glob("*.keys*.json")) == [
        "a.b.1.keys.json",
        "c.keys.changed-1.json",
        "c.keys.json",
    ]


def test_keys_that_became_another_line_s_take_stay(lines: Path, tmp_path: Path) -> None:
    """A name that another line writes now is that line's, whatever an earlier run wrote there."""
    out = tmp_path / "out"
    one = lines / "one.csv"
    one.write_text("id,audio\nc,line_7.wav\n")
    two = lines / "two.csv"
    two.write_text("id,audio,out\nb,line_6.wav,c.keys.json\nc,line_7.wav,\n")
    run(one, out, keys="sparse")
    run(two, out, seed=3)

    assert formats.read(out / "c.keys.json").n_frames > 10 and entries(out)["b"].out == "c.keys.json"
