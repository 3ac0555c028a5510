"""The command line of the attack."""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from attack import guided
from attack.cell import Cell, Fall, doors_of
from attack.runner import DOORS, Attack, Chunk, chunks, endless, shares, table, total

GUIDED_S = 60.0
SHOWN = 400  # characters of what is said of a case that fell


def main(argv: Sequence[str] | None = None) -> int:
    """Tries cases and prints a table; 1 where one is past the promise."""
    arguments = _parser().parse_args(argv)
    if arguments.replay:
        return _replay(arguments)
    keep = Path(arguments.keep).absolute() if arguments.keep else None
    if arguments.guided:
        (name,) = arguments.door
        return guided.run(arguments.doors, name, arguments.seconds or GUIDED_S, keep)
    with Attack(arguments.doors, arguments.door, arguments.seed, arguments.jobs, keep) as attack:
        begun = time.monotonic()
        attack.run(_todo(arguments, attack), _tell)
        print(table(attack.scores))
        print(f"seed {arguments.seed}, {time.monotonic() - begun:.0f} s, {arguments.jobs} processes")
        return 1 if total(attack.scores)[1] else 0


def _todo(arguments: argparse.Namespace, attack: Attack) -> Iterator[Chunk]:
    if arguments.seconds is None:
        return iter(chunks(shares(attack.weights, arguments.cases)))
    end = time.monotonic() + arguments.seconds
    return itertools.takewhile(lambda _: time.monotonic() < end, endless(attack.weights))


def _tell(fall: Fall) -> None:
    last = fall.trace.strip().splitlines()[-3:-1] if fall.trace else []
    where = " | ".join(line.strip() for line in last)
    text = f"{fall.door} {fall.seed}:{fall.number} {fall.why} {where}"[:SHOWN]
    print(text.encode("ascii", "backslashreplace").decode(), flush=True)


def _replay(arguments: argparse.Namespace) -> int:
    """Tries one case again, in this process, and says all about it; its files stay where it says."""
    seed, _, number = arguments.replay.partition(":")
    (name,) = arguments.door
    folder = Path(arguments.keep or tempfile.mkdtemp(prefix="facetake-attack-")).absolute()
    cell = Cell(folder, doors_of(arguments.doors))
    cell.prepare(name)
    found = cell.attempt(name, int(seed), int(number))
    print(f"{name} {seed}:{number} in {cell.room.case}: {found.seconds:.2f} s, {found.megabytes:.0f} MB")
    print((found.trace or found.refusal or "accepted").encode("ascii", "backslashreplace").decode())
    print(found.why.encode("ascii", "backslashreplace").decode() or "as promised")
    return 1 if found.why else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description="Attacks every door of Facetake.")
    parser.add_argument("--cases", type=int, default=2000, metavar="N", help="over all doors; default 2000")
    parser.add_argument("--seconds", type=float, metavar="S", help="as many cases as that takes, instead")
    parser.add_argument("--door", action="append", default=[], metavar="NAME", help="this door alone; may be repeated")
    parser.add_argument("--seed", type=int, default=0, help="another one gives other cases")
    parser.add_argument("--jobs", type=int, default=2, help="processes; default 2")
    parser.add_argument("--keep", metavar="DIR", help="what is known of every case that fell")
    parser.add_argument("--replay", metavar="SEED:CASE", help="one case again, with --door")
    parser.add_argument("--guided", action="store_true", help="one --door, led by what code is reached; needs atheris")
    parser.add_argument("--doors", default=DOORS, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
