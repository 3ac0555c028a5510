"""Datagrams of Live Link Face's layout, as anybody on a network can send them to a recorder."""

from __future__ import annotations

import random
import struct
from fractions import Fraction
from pathlib import Path
from typing import Final

from attack.damage import EDGES, damaged
from attack.door import Case, Door, Open
from attack.doors.takes import small_take
from facetake.errors import LiveError
from facetake.live import FaceEncoder, FacePacket, decode, frame_of, take_of

BEHIND_NAMES: Final = 50
"""Where the numbers begin in the packets made here: behind the version, the device and a name of five letters."""
_FIELDS: Final = ((0, ">i"), (4, ">f"), (8, ">i"), (12, ">i"), (16, ">B"), (17, ">f"), (17 + 52 * 4, ">f"))


def prepare(_folder: Path) -> list[bytes]:
    """Packets of a take."""
    take = small_take(8, True)
    encoder = FaceEncoder("Guard", take.rate)
    return [encoder.encode(frame_of(take, number))[0] for number in range(take.n_frames)]


def make(whole: list[bytes], case: Case) -> Open:
    """Some packets damaged, renumbered, repeated or in another order; a recorder leaves out what is refused."""
    dice = case.dice
    sent = [
        _hostile(dice.choice(whole), dice) if dice.random() < 0.6 else one for one in whole * dice.choice((1, 1, 3))
    ]
    if dice.random() < 0.3:
        dice.shuffle(sent)
    for number, raw in enumerate(sent):
        (case.folder / f"{number}.bin").write_bytes(raw)
    is_alone = dice.random() < 0.3
    return lambda: _open(sent[:1] if is_alone else sent, is_strict=is_alone)


def _hostile(raw: bytes, dice: random.Random) -> bytes:
    if dice.random() < 0.5:
        return damaged(raw, dice)
    place, form = dice.choice(_FIELDS)
    if form == ">f":
        value = struct.pack(form, dice.choice((0.5, -1.0, 3e38, float("nan"), float("inf"), 1e-40)))
    else:
        size = struct.calcsize(form)
        value = (dice.choice((*EDGES, 1, 60, 1000)) % (1 << 8 * size)).to_bytes(size, "big")
    at = BEHIND_NAMES + place
    return raw[:at] + value + raw[at + len(value) :]


def _open(sent: list[bytes], *, is_strict: bool) -> object:
    """Reads datagrams and makes their take, as `facetake live --record` does."""
    found: list[FacePacket] = []
    for raw in sent:
        try:
            found.append(decode(raw))
        except LiveError:
            if is_strict:
                raise
    take = take_of(found)
    assert take.rate == found[0].rate and take.start == Fraction(0)
    return take


DOOR = Door("packets", "datagrams of Live Link Face", prepare, make)
