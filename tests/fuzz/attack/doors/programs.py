"""Whole programs, in this process: requests to the worker, and command lines."""

from __future__ import annotations

import io
import json
import random
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from attack import hostile
from attack.damage import damaged
from attack.door import Case, Door, Open
from attack.doors import models
from attack.doors.takes import small_take
from attack.promise import wrong_with
from facetake import batch, cli, formats, host_io, keys, rig
from facetake.batch.making import BatchSettings, Maker, RowResult
from facetake.worker import Worker
from facetake.worker.requests import FIELDS, Session

ENDS: Final = ("done", "failure")


@dataclass(frozen=True)
class Whole:
    """A folder with what requests and commands work on, and a session whose models are loaded."""

    folder: Path
    session: Session


def prepare(folder: Path) -> Whole:
    """Makes them, and asks for one of each."""
    import soundfile as sf

    (folder / "model").mkdir()
    made = {f"{name}.onnx": build().SerializeToString() for name, build in models.BUILD.items()}
    for name in ("audio2rig", "audio_emotion"):
        made[f"{name}.onnx"] = models.with_metadata(made[f"{name}.onnx"], ear_sha256=models.digest(made["ear.onnx"]))
    models.put(folder / "model", made)
    sf.write(folder / "a.wav", models.LOUD, 16_000)
    take = small_take(6, True)
    formats.write(take, folder / "a.npz")
    formats.write(take, folder / "a.csv")
    host_io.write_keys(folder / "a.keys.json", take, keys.reduce(take.values))
    curves = {
        "format": host_io.CURVES,
        "rate": "30",
        "start_s": "0",
        "curves": {name: [0.0, 0.1, 0.2] for name in rig.NAMES[:4]},
    }
    (folder / "curves.json").write_text(json.dumps(curves), encoding="utf-8")
    (folder / "mood.txt").write_text("0 neutral\n0.1 sad\n", encoding="utf-8")
    (folder / "list.csv").write_text("id,audio,emotion\nx,a.wav,happy\n", encoding="utf-8")
    whole = Whole(folder, Session())
    for do in FIELDS:
        request = {"id": 1, "do": do, **_good(do, folder)}
        (event,) = [one for one in answers(whole.session, [json.dumps(request)]) if one["event"] in ENDS]
        assert event["event"] == "done", event
    (folder / "out.json").unlink()
    with here():
        for line in _LINES:
            code, told, _ = run(
                [word.replace("{in}", str(folder)).replace("{out}", str(folder / "made")) for word in line.split()]
            )
            assert code == 0, f"{line}: {told}"
    for made_there in folder.glob("made*"):
        shutil.rmtree(made_there) if made_there.is_dir() else made_there.unlink()
    return whole


def _good(do: str, folder: Path) -> dict[str, Any]:
    """The fields of a request that is done."""
    model = str(folder / "model")
    out = str(folder / "out.json")
    fields: dict[str, dict[str, Any]] = {
        "hello": {"protocol": 1},
        "generate": {
            "audio": str(folder / "a.wav"),
            "out": out,
            "model": model,
            "emotion": "happy:0.5",
            "gains": {"brow": 1.1},
            "only": ["brow"],
        },
        "restyle": {"curves": str(folder / "curves.json"), "style": "sad", "out": out, "model": model},
        "visemes": {"path": str(folder / "a.wav"), "model": model},
        "phones": {"audio": str(folder / "a.wav")},
        "live": {"take": str(folder / "a.npz")},
        "inspect": {"path": str(folder / "a.npz")},
    }
    return fields.get(do, {})


def answers(session: Session, lines: Sequence[str]) -> list[dict[str, Any]]:
    """What a worker answers to lines; its queue is worked off in this thread."""
    out = io.StringIO()
    worker = Worker(out)
    worker._session = session
    worker.listen(iter(lines))
    while not worker._waiting.empty():
        item = worker._waiting.get()
        if item is not None:
            worker._answer(*item)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def make_requests(whole: Whole, case: Case) -> Open:
    """A line or a few to the worker."""
    dice = case.dice
    for name in ("a.wav", "a.npz", "curves.json", "mood.txt"):
        shutil.copy(whole.folder / name, case.folder / name)
    lines = [_request(whole, case, dice) for _ in range(dice.choice((1, 1, 1, 2, 4)))]

    def ask() -> None:
        found = answers(whole.session, lines)
        for event in found:
            for name in ("message", "warning"):
                text = event.get(name)
                assert text is None or not (wrong := wrong_with(text)), f"{wrong}: {text[:300]!r}"
        given = sum(1 for line in lines if line.strip())
        ended = sum(1 for event in found if event["event"] in ENDS)
        assert ended >= min(given, 1), f"{ended} answers to {given} requests"
        for path in case.folder.glob("*.json"):
            json.loads(path.read_text(encoding="utf-8"))

    return ask


def _request(whole: Whole, case: Case, dice: random.Random) -> str:
    do = dice.choice(
        ("generate", "restyle", "restyle", "visemes", "phones", "inspect", "inspect", "hello", "cancel", "shutdown")
    )
    request: dict[str, Any] = {"id": dice.choice((1, 2, "x")), "do": do, **_good(do, Path())}
    if "model" in request:
        request["model"] = str(whole.folder / "model")
    optional = {
        "take": "a.npz",
        "emotion": "mood.txt",
        "look": "0.3,0.1,0.6",
        "look_at": [[0, 0.3, 0.1, 0.6], [0.2, 0.4, 0.1, 0.6]],
        "rate": "29.97",
        "seed": 3,
        "energy": 1,
        "bake": True,
        "rig": "unreal",
        "take_out": "made.npz",
        "span_s": [0.1, 0.2],
        "lock": [rig.NAMES[0]],
        "optional": True,
        "actor": "bruno:0.5",
        "blink": False,
        "request": 1,
    }
    for name in dice.sample(list(optional), dice.choice((0, 0, 1, 2))):
        request[name] = optional[name]
    request = hostile.respelt(request, dice, 2) if dice.random() < 0.75 else request
    if isinstance(request, dict):
        for name in ("audio", "out", "take", "curves", "path", "model", "take_out", "emotion", "look"):
            if name in request and dice.random() < 0.1:
                request[name] = hostile.name(dice)
    data = hostile.json_text(request, dice) if dice.random() < 0.9 else json.dumps(request).encode()
    data = damaged(data, dice) if dice.random() < 0.15 else data
    text = data.decode("utf-8", "replace").replace("\n", " ").replace("\r", " ")
    return text.replace("..", "_.")  # a host may write wherever it likes


# Command lines

_LINES: Final = (
    "convert {in}/a.npz -o {out}.csv --rate 24",
    "convert {in}/a.csv -o {out}.json --from csv",
    "inspect {in}/a.npz",
    "inspect {in}/a.wav --json",
    "generate {in}/a.wav -o {out}.npz --model {in}/model --emotion happy:0.5 --gain brow=1.2 --only brow "
    "--keys sparse --progress json",
    "restyle {in}/a.npz --style sad:0.5 --model {in}/model -o {out}r.npz --range 0.1-0.2",
    "visemes {in}/a.wav --model {in}/model",
    "batch {in}/list.csv --out {out} --model {in}/model --emotions happy,sad --intensities .5,1 --jobs 1 "
    "--report --seed 3",
)
"""Commands that work, of which others are made."""
_OTHER_FILES: Final = (
    "a.npz",
    "a.csv",
    "a.wav",
    "a.keys.json",
    "curves.json",
    "mood.txt",
    "list.csv",
    "model",
    "nothing.wav",
    "",
)


@contextmanager
def here() -> Iterator[None]:
    """Lets `batch` make its lines in this process, as another costs more than all else."""

    def local(
        rows: Sequence[batch.ManifestRow], settings: BatchSettings, jobs: int | None, stop: threading.Event
    ) -> Iterator[RowResult]:
        maker = Maker(settings)
        for row in rows:
            yield maker.make(row)

    before = batch.local
    batch.local = local
    try:
        yield
    finally:
        batch.local = before


def run(words: Sequence[str]) -> tuple[int, str, str]:
    """A command line's exit code, and what it wrote to standard error and output."""
    out, told = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    before = sys.stdout, sys.stderr
    sys.stdout = out
    sys.stderr = told
    try:
        code = cli.main(list(words))
    finally:
        sys.stdout, sys.stderr = before
    for stream in (out, told):
        stream.flush()
    return code, told.buffer.getvalue().decode(), out.buffer.getvalue().decode()


def make_commands(whole: Whole, case: Case) -> Open:
    """A command line of which some words, or a file that it names, are others."""
    dice = case.dice
    line = dice.choice(_LINES).split() if dice.random() < 0.8 else dice.choice(_LINES[:4]).split()
    for name in ("a.npz", "a.csv", "a.wav", "list.csv", "mood.txt"):
        shutil.copy(whole.folder / name, case.folder / name)
    if dice.random() < 0.4:
        victim = case.folder / dice.choice(("a.npz", "a.csv", "a.wav", "list.csv"))
        victim.write_bytes(damaged(victim.read_bytes(), dice))
    if dice.random() < 0.75:
        _other_word(line, dice, case)
    words = [
        word.replace("{in}/model", str(whole.folder / "model"))
        .replace("{in}", str(case.folder))
        .replace("{out}", str(case.folder / "made"))
        for word in line
    ]

    def command() -> None:
        with here():
            code, told, _ = run(words)
        assert code in (0, 1, 2), f"it ends with {code}"
        assert code != 2 or told.strip(), "it fails without a word"
        for one in told.splitlines() if "\n" in told else [told]:
            wrong = wrong_with(one.removeprefix("facetake: error: ").removeprefix("facetake: warning: ")) if one else ""
            assert not wrong, f"it tells: {wrong}: {one[:300]!r}"

    return command


def _other_word(line: list[str], dice: random.Random, case: Case) -> None:
    for _ in range(dice.choice((1, 1, 2))):
        place = dice.randrange(1, len(line))
        kind = dice.randrange(6)
        if kind == 0:
            line[place] = hostile.name(dice, case.outside)
        elif kind == 1:
            line[place] = hostile.number(dice)
        elif kind == 2:
            del line[place]
        elif kind == 3:
            line[place] = "{in}/" + dice.choice(_OTHER_FILES)
        elif kind == 4:
            line.insert(
                place,
                dice.choice(
                    (
                        "--progress",
                        "--json",
                        "--rate",
                        "--emotion",
                        "--takes",
                        "--format",
                        "--full-range",
                        "--no-blink",
                        "--head",
                        "--shard",
                        "--resume",
                        "--approvals",
                        "--checks",
                        "--pattern",
                        "--report-mb",
                        "--energy",
                        "--keys",
                    )
                ),
            )
            line.insert(
                place + 1, dice.choice((hostile.number(dice), hostile.name(dice), "json", "csv", "3/20", "auto"))
            )
        else:
            line[place] = f"{line[place]}{hostile.name(dice)}"
        for spot, word in enumerate(line):
            if spot and line[spot - 1] in ("-o", "--out") and not word.startswith("{"):
                line[spot] = f"{{out}}{word.replace('..', '').replace('{outside}', '')}"
        if len(line) < 3:
            line.append("{in}/a.npz")


DOORS: Final = (
    Door("requests", "lines to the worker", prepare, make_requests, weight=3.0, needs=("onnx",), yields=("*",)),
    Door("commands", "command lines", prepare, make_commands, weight=2.0, needs=("onnx",), yields=("*",)),
)
