"""Edits as data: written and read again, applied, carried over, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_lines import spoken

from facetake import edits, phones, rig
from facetake.edits import (
    EditedScript,
    EmotionCue,
    Event,
    GazeCue,
    KeyedCurve,
    LineEdits,
    Lock,
    changes,
    keying,
    line_edits,
    marks,
    matching,
)
from facetake.errors import ConfigError
from facetake.script import Alignment, Phone, Word

CURVE = 'version = 1\n[[curves]]\nmode = "offset"\n'
JAW = "CTRL_C_jaw.translateY"
SAID: dict[marks.Kind, tuple[str, ...]] = {
    "events": ("laugh", "breath_in:0.4", "whisper", "sing:1"),
    "emotion": ("happy", "angry:0.8", "sad:0.3+fear:0.2"),
    "gaze": ("camera", "free", "away", "0.3,0.1,0.6"),
    "locks": ("mouth", "brow"),
}
SYMBOLS = [one for one in phones.PHONES if one != phones.SILENCE]
LAYERS = LineEdits(
    events=(Event("breath_in", 0.0, 0.2), Event("laugh", 1.0, 1.4, 0.5)),
    emotion=(EmotionCue(0.0, "neutral"), EmotionCue(0.7, "angry:0.8")),
    gaze=(GazeCue(0.5, "camera"),),
    locks=(Lock("mouth", 0.2, 0.4),),
    curves=(KeyedCurve("CTRL_C_jaw.translateY", "replace", (0.1, 0.2, 0.3), (0.1, 0.5, 0.1)),),
)


def act(known: LineEdits, own: Alignment, draw: st.DataObject) -> LineEdits:
    """One thing that a hand does."""
    script = edits.apply(known, own)
    count = len(script.alignment.phones)
    place = draw.draw(st.integers(0, count - 1))
    acts = ["start", "end", "change", "insert", "delete", "strength", "emphasis", "curve", "mark", "key"]
    what = draw.draw(st.sampled_from(acts))
    at_s = draw.draw(st.floats(0.0, own.duration_s))
    if what in ("start", "end"):
        return changes.move(script, place, what, at_s)  # type: ignore[arg-type]
    if what == "change":
        return changes.change(script, place, draw.draw(st.sampled_from(SYMBOLS)))
    if what == "insert":
        try:
            return changes.insert(script, at_s, draw.draw(st.sampled_from(SYMBOLS)))
        except ConfigError:
            return known
    if what == "delete":
        return changes.delete(script, place) if count > 1 else known
    if what == "strength":
        return changes.strengthen(script, place, draw.draw(st.sampled_from([0.5, 1.0, 1.5])))
    if what == "emphasis":
        word = draw.draw(st.integers(0, len(own.words) - 1))
        return changes.emphasise(script, word, draw.draw(st.floats(0.0, 1.0)))
    if what == "mark":
        return mark(known, own.duration_s, at_s, draw)
    if what == "key":
        return key(known, own.duration_s, at_s, draw)
    name = draw.draw(st.sampled_from(rig.NAMES))
    return changes.set_curve(known, KeyedCurve(name, "offset", (round(at_s, 4),), (draw.draw(st.floats(-1.0, 1.0)),)))


def mark(known: LineEdits, duration_s: float, at_s: float, draw: st.DataObject) -> LineEdits:
    """One thing that a hand does to a mark of any kind."""
    kind = draw.draw(st.sampled_from(list(SAID)))
    said = draw.draw(st.sampled_from(SAID[kind]))
    count = marks.count(known, kind)
    what = draw.draw(st.sampled_from(["add", "move", "say", "amount", "remove"])) if count else "add"
    place = draw.draw(st.integers(0, count - 1)) if count else 0
    try:
        if what == "add":
            return marks.add(known, kind, said, at_s, duration_s)[0]
        if what == "move":
            part: marks.Part = draw.draw(st.sampled_from(["start", "end", "whole"]))
            return marks.move(known, kind, place, part, at_s, duration_s)[0]
        if what == "say":
            return marks.retype(known, kind, place, said, duration_s)[0]
        if what == "amount":
            return marks.amount(known, kind, place, draw.draw(st.sampled_from([0.3, 0.6, 1.0])))[0]
    except ConfigError:  # there is no room
        return known
    return marks.remove(known, kind, place)


def key(known: LineEdits, duration_s: float, at_s: float, draw: st.DataObject) -> LineEdits:
    """One thing that a hand does to the keys of a control."""
    mode: keying.Mode = draw.draw(st.sampled_from(["replace", "offset"]))
    there = keying.keys(known, JAW, mode)
    value = draw.draw(st.floats(-2.0, 2.0))
    what = draw.draw(st.sampled_from(["put", "move", "remove"])) if there else "put"
    if what == "put":
        return keying.put(known, JAW, mode, at_s, value, lambda _: 0.2, duration_s)
    one = draw.draw(st.sampled_from(there))
    return keying.move(known, one, at_s, value, duration_s) if what == "move" else keying.remove(known, one)


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_any_sequence_of_edits_is_kept_whole_and_taken_back_to_every_byte(data: st.DataObject) -> None:
    """Each state is the same after writing and reading, fits its line, and is there again when what followed goes."""
    own = spoken()
    states = [replace(LAYERS, sound="line.wav")]
    for _ in range(data.draw(st.integers(1, 8))):
        states.append(act(states[-1], own, data))
    texts = [edits.text_of(one) for one in states]
    for state, text in zip(states, texts, strict=True):
        assert edits.parse(text, "here") == state
        script = edits.apply(state, own, "line.wav")
        assert script.lost == ()  # what a hand may do fits
        assert edits.event_track(state) is not None and len(state.events) == len(script.edits.events)
        assert edits.text_of(edits.parse(text, "here")) == text
    desk = list(states)
    while len(desk) > 1:
        desk.pop()
        assert edits.text_of(desk[-1]) == texts[len(desk) - 1]


def test_a_file_is_small_readable_and_the_same_for_the_same_edits(tmp_path: Path) -> None:
    """One table an edit, by the names people use; and a phone that is put back leaves nothing."""
    own = spoken()
    script = edits.apply(LineEdits(), own, "line.wav", "ab")
    moved = changes.move(script, 3, "end", 0.68)
    path = edits.path_beside(tmp_path / "line.wav")
    edits.write(moved, path)
    text = path.read_text()
    assert path.name == "line.edits.toml"
    where = 'word = 2, text = "never", phone = 3, symbol = "V", from_s = 0.65, to_s = 0.75, twin = 1, twins = 1'
    assert f"at = {{ {where} }}" in text
    assert "to_s = 0.68" in text and text.count("[[phones]]") == 2  # its neighbour gives way
    assert edits.read(path) == moved
    back = changes.move(edits.apply(moved, own, "line.wav", "ab"), 3, "end", 0.75)
    assert edits.text_of(back) == edits.text_of(script.edits) and back.is_empty


def test_what_a_hand_does_is_seen_in_the_phones() -> None:
    """Moved, changed, inserted, deleted, shaped and stressed; untouched phones stay as they are."""
    own = spoken()
    known = LineEdits()
    acts: tuple[Callable[[EditedScript], LineEdits], ...] = (
        lambda script: changes.move(script, 3, "end", 0.68),
        lambda script: changes.change(script, 1, "M"),
        lambda script: changes.insert(script, 0.1, "B"),
        lambda script: changes.delete(script, len(script.sources) - 1),
        lambda script: changes.strengthen(script, 2, 1.5),
        lambda script: changes.emphasise(script, 1, 0.8),
    )
    for change in acts:
        known = change(edits.apply(known, own))
    script = edits.apply(known, own)
    assert [one.symbol for one in script.alignment.phones] == "B AY1 M EH1 V ER0 S EH1 D DH AE1".split()
    assert script.alignment.phones[4].end_s == script.alignment.phones[5].start_s == 0.68
    assert script.alignment.phones[2].strength == 1.5
    assert script.alignment.words[1].emphasis == 0.8
    assert script.alignment.phones[6] == own.phones[5]


def test_edits_follow_their_words_into_another_recording() -> None:
    """Twice as slow, with a word more and one gone: each edit is in its word, or told."""
    own = spoken("I never said that")
    script = edits.apply(LineEdits(), own, "one.wav", "aa")
    known = changes.move(script, 3, "end", 0.7)  # the v of never, half way into what follows
    known = changes.change(edits.apply(known, own, "one.wav", "aa"), 8, "Z")  # the dh of that
    known = changes.emphasise(edits.apply(known, own, "one.wav", "aa"), 2, 0.5)  # said
    new = spoken("map I never that", phone_s=0.2)
    carried = edits.apply(known, new, "two.wav", "bb")
    v = next(one for one in carried.alignment.phones if one.symbol == "V")
    heard = next(one for one in new.phones if one.symbol == "V")
    assert v.end_s == pytest.approx(heard.start_s + 0.5 * (heard.end_s - heard.start_s), abs=1e-3)
    assert [one.symbol for one in carried.alignment.phones][-3:] == ["Z", "AE1", "T"]
    assert any("another recording (one.wav)" in one for one in carried.lost)
    assert any("'said'" in one and "no longer there" in one for one in carried.lost)
    assert carried.edits.sound == "two.wav" and carried.edits.words == ("map", "I", "never", "that")


def test_an_edit_of_one_of_two_like_phones_stays_with_it_or_is_told() -> None:
    """Another phone beside them moves no edit to the twin; with a twin less or more each is told, and none moves."""
    old, none_less = _word("SH T UH N D N"), _word("SH UH N N")
    for place, now in ((3, 2), (5, 3)):
        known = changes.strengthen(edits.apply(LineEdits(), old, "one.wav", "aa"), place, 1.5)
        carried = edits.apply(known, none_less, "two.wav", "bb")
        assert [one.at.phone - 1 for one in carried.edits.phones] == [now]
        back = edits.apply(carried.edits, old, "one.wav", "aa")
        assert [one.at.phone - 1 for one in back.edits.phones] == [place] and back.edits.phones[0].at.twins == 2
        for other in ("SH T UH N D", "SH N T UH N D N", "SH T UH D N"):
            carried = edits.apply(known, _word(other), "two.wav", "bb")
            assert not carried.edits.phones and any("the edit of N of 'said'" in one for one in carried.lost)


def test_a_file_of_version_1_says_no_twins_and_is_read_as_before() -> None:
    """The nearest by its number is taken, and what is written from then on says which twin that is."""
    text = (
        'version = 1\nsound_sha256 = "aa"\nwords = ["said"]\n[[phones]]\nstrength = 1.5\n'
        'at = { word = 1, text = "said", phone = 4, symbol = "N", from_s = 0.6, to_s = 0.7 }\n'
    )
    carried = edits.apply(edits.parse(text, "here"), _word("SH UH N"), "two.wav", "bb")
    (kept,) = carried.edits.phones
    assert (kept.at.phone, kept.at.twin, kept.at.twins) == (3, 1, 1)
    assert edits.text_of(carried.edits).splitlines()[1] == "version = 2"


def _word(phones_of_it: str) -> Alignment:
    """A line of one word."""
    symbols = phones_of_it.split()
    heard = tuple(Phone(symbol, 0.3 + 0.1 * n, 0.4 + 0.1 * n) for n, symbol in enumerate(symbols))
    return Alignment(heard[-1].end_s + 0.3, heard, (Word("said", 0.3, heard[-1].end_s),), "en")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "says no version"),
        ("version = 7\n", "newer Facetake (version 7"),
        ('version = 1\nphonemes = ["a"]\n', 'there is no setting "phonemes"'),
        ("version = 1\nwords = [", "not valid TOML"),
        ('version = 1\n[[emotion]]\nat_s = 1.0\nemotion = "happyy"\n', "unknown emotion 'happyy'"),
        ('version = 1\n[[emotion]]\nat_s = -1.0\nemotion = "happy"\n', "a time is -1.0"),
        ('version = 1\n[[gaze]]\nat_s = 1.0\nlook = "/etc/passwd"\n', "is no target"),
        ('version = 1\n[[events]]\nkind = "burp"\nfrom_s = 0.0\nto_s = 1.0\n', "no event 'burp'"),
        (f'{CURVE}control = "jaw"\ntimes_s = [0.0]\nvalues = [1.0]\n', 'called "jaw"'),
        (f'{CURVE}control = "C_jaw"\ntimes_s = [1.0, 0.5]\nvalues = [1, 2]\n', "do not rise"),
        ('version = 1\n[[insertions]]\nby = 3\nsymbol = "B"\nfrom_s = 0.0\nto_s = 1.0\n', "must be a table"),
        (
            'version = 1\n[[phones]]\nsymbol = "QQ"\n'
            'at = { word = 1, text = "I", phone = 1, symbol = "AY1", from_s = 0.0, to_s = 1.0 }\n',
            "there is no phone 'QQ'",
        ),
        (
            "version = 2\n[[phones]]\nstrength = 1.5\n"
            'at = { word = 1, text = "I", phone = 1, symbol = "AY1", from_s = 0.0, to_s = 1.0, twin = 0, twins = 2 }\n',
            "twin 0 of 2; count from 1",
        ),
    ],
)
def test_a_wrong_file_says_what_is_wrong(text: str, told: str, tmp_path: Path) -> None:
    """What, where, and what to do: the file's name stands in front."""
    path = tmp_path / "line.edits.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        edits.read(path)
    assert told in str(caught.value) and str(path) in str(caught.value)


def test_what_lies_past_the_end_is_left_out_and_told() -> None:
    """A cue, a lock and keys after the end of a shorter line; what is before stays."""
    own = spoken("map")
    late = KeyedCurve("CTRL_C_jaw.translateY", "offset", (8.0,), (1.0,))
    known = replace(LAYERS, locks=(Lock("mouth", 9.0, 9.5),), curves=(late,))
    script = edits.apply(known, own)
    assert script.edits.locks == () and script.edits.curves == ()
    assert sum("the line ends at" in one for one in script.lost) == 3  # the laugh at 1 s, too
    assert script.edits.events == LAYERS.events[:1]


def test_a_move_for_which_there_is_no_room_is_left_out_and_told() -> None:
    """As two edits in a file written by hand may ask."""
    own = spoken()
    script = edits.apply(LineEdits(), own)
    known = changes.move(script, 3, "end", 0.68)
    first, second = known.phones
    crowded = replace(known, phones=(first, replace(second, to_s=0.66, from_s=0.65)))
    applied = edits.apply(crowded, own)
    assert any("there is no room for it" in one for one in applied.lost)
    assert len(applied.alignment.phones) == len(own.phones)


def test_the_file_in_the_page_is_one() -> None:
    """What docs/generate.md shows of a file of edits is read, and written again it is the same edits."""
    page = (Path(__file__).parents[3] / "docs" / "generate.md").read_text(encoding="utf-8")
    shown = page.split("```toml\nversion")[1].split("```")[0]
    known = edits.parse(f"version{shown}", "the page")
    assert known.count == 6 and edits.parse(edits.text_of(known), "again") == known


def test_thousands_of_phones_where_there_is_no_room() -> None:
    """What does not fit is told once each and left out, all that is left has its room, and it ends."""
    own = Alignment(60.0, tuple(Phone("AH", n * 0.1, n * 0.1 + 0.1) for n in range(600)))
    stands = matching.anchors(own)
    starts = [round(n % 600 * 0.1 + 0.0001 * (n // 600), 4) for n in range(6000)]
    many = tuple(
        line_edits.Insertion(stands[n % 600], "M", at_s, round(at_s + 0.03, 4)) for n, at_s in enumerate(starts)
    )
    script = edits.apply(LineEdits(insertions=many), own)

    assert len(script.lost) + len(script.edits.insertions) == len(many)
    assert all(one.end_s - one.start_s >= line_edits.LEAST_PHONE_S - 1e-3 for one in script.alignment.phones)


def test_what_has_no_room_in_another_recording_is_told_and_the_rest_of_the_edit_stays() -> None:
    """A boundary between two phones that are hardly there cannot move; that one of them is firmer still holds."""
    own = spoken()
    known = changes.move(edits.apply(LineEdits(), own, "one.wav", "aa"), 3, "end", 0.68)  # the v of never
    known = changes.strengthen(edits.apply(known, own, "one.wav", "aa"), 3, 1.5)
    hasty = spoken(phone_s=0.008)
    carried = edits.apply(known, hasty, "two.wav", "bb")
    assert [(one.at.symbol, one.to_s, one.strength) for one in carried.edits.phones] == [("V", None, 1.5)]
    assert {"the move of V of 'never' (word 2)", "the move of ER0 of 'never' (word 2)"} == {
        one.partition(" was left out")[0] for one in carried.lost if "no room" in one
    }


def test_a_phone_that_was_inserted_in_a_pause_stays_as_far_from_its_neighbour() -> None:
    """Behind a word that is said three times as slowly, it is no further behind; and before the end of the line."""
    own = spoken("map")
    last_s = own.phones[-1].end_s
    known = changes.insert(edits.apply(LineEdits(), own, "one.wav", "aa"), last_s + 0.1, "M")
    slow = spoken("map", phone_s=0.3)
    (inserted,) = edits.apply(known, slow, "two.wav", "bb").edits.insertions
    assert inserted.from_s == pytest.approx(slow.phones[-1].end_s + 0.1, abs=1e-3)
    cut = replace(slow, duration_s=slow.phones[-1].end_s + 0.05)
    (inserted,) = edits.apply(known, cut, "two.wav", "cc").edits.insertions
    assert inserted.to_s <= cut.duration_s and inserted.to_s - inserted.from_s >= 0.0199


def test_keys_beyond_their_control_are_told() -> None:
    """Keys of another scale are held at the control's range, which is said once a curve; what may be added is not."""
    line = spoken()
    for mode, values, says in (
        ("replace", (10.0, 60.0, 0.5), f"keys of {JAW} go beyond 0 to 1 and are held there: 10 at 0.1 s, and 1 more"),
        ("replace", (0.0, 1.0, 0.5), ""),
        ("offset", (-1.0, 1.0, 0.0), ""),
        ("offset", (0.0, -1.5, 0.0), f"keys of {JAW} go beyond 0 to 1 and are held there: -1.5 at 0.2 s"),
    ):
        curve = KeyedCurve(JAW, "offset" if mode == "offset" else "replace", (0.1, 0.2, 0.3), values)
        found = edits.apply(LineEdits(curves=(curve,)), line, "line.wav", "0" * 64)
        assert found.lost == ((says,) if says else ()), values
        assert found.edits.curves == (curve,)
