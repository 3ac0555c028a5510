"""For a person with Unreal: UnrealEditor-Cmd PROJECT.uproject -run=pythonscript
-script="PATH/smoke_unreal.py /Game/Shot LINE.wav" (plugin and engine installed; the shot has a MetaHuman's face board).

Generates a line into a copy in memory of the shot, which is not saved, and checks what no fake can: that channels play
between keys as the engine meant them. Ends with "smoke test passed", or says what differs. Then open the shot in
Sequencer, choose Tools > Facetake: generate from audio, and look: the lips move with the sound, the section has the
recording's name, Cancel in the dialog leaves nothing behind, and one undo takes everything back.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

NEAR = 1e-3


def check(holds: bool, what: str) -> None:
    """Ends where something does not hold."""
    print(("ok      " if holds else "FAILED  ") + what)
    if not holds:
        raise SystemExit(1)


def main(shot: str, line: Path) -> None:
    """Everything."""
    import unreal
    from facetake_unreal.host import UnrealHost

    from facetake_host import jobs
    from facetake_host.engine import Engine

    sequence = unreal.EditorAssetLibrary.load_asset(shot)
    check(isinstance(sequence, unreal.LevelSequence), f"{shot} is a level sequence")
    host, engine, cancel = UnrealHost(sequence), Engine(), threading.Event()
    character = host.characters()[0]
    made = jobs.run(host, jobs.generate(host, engine, character, [line], {}, cancel=cancel), cancel)[0]
    print(f"        {jobs.summary(made)}")
    section = character.handle.get_sections()[-1]
    check(section.get_name() == made.layer, f"the section {made.layer} is there")
    rate, worst = host.rate(), 0.0
    span = sequence.make_range(made.start_frame, made.delivery.n_frames)
    for channel, curve in host._by_name(section).items():
        if channel in made.delivery.keys:
            played = curve.evaluate_keys(span, unreal.FrameRate(rate.numerator, rate.denominator))
            meant = made.delivery.keys[channel]
            worst = max([worst, *(abs(value - meant.at(frame)) for frame, value in enumerate(played))])
    check(worst < NEAR, f"channels play the engine's curves (worst {worst:.1e})")
    engine.close()
    print("smoke test passed")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
