"""A map from takes to somebody else's rig: each of its controls a sum of piecewise linear functions of ours.

Knows numbers. How a map is written down is in `facetake.rig.maps.table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from facetake.arrays import F32
from facetake.rig.arkit import to_arkit
from facetake.rig.controls import NEUTRAL
from facetake.rig.viseme_names import VISEMES

Source = Literal["rig", "arkit", "visemes", "own"]
SOURCES: Final[tuple[Source, ...]] = ("rig", "arkit", "visemes", "own")
"""What a term may take its input from: our 174 controls, ARKit's 52 shapes, the 16 visemes, controls of the map."""


@dataclass(frozen=True, eq=False)
class Term:
    """One summand of a control: an input through a straight line, or through points.

    Attributes:
        source: what the input is.
        name: of the input, as messages tell it.
        column: of the input in its source; of `own` the control's place in the map.
        slope: of the line through 0; not looked at where there are points.
        points: (P, 2) input and output, the input rising; None for the line. Beyond its ends the output is held.
    """

    source: Source
    name: str
    column: int
    slope: float = 0.0
    points: F32 | None = None

    def of(self, inputs: F32) -> F32:
        """Outputs (T,) for inputs (T,)."""
        if self.points is None:
            return np.asarray(inputs * np.float32(self.slope), dtype=np.float32)
        return np.asarray(np.interp(inputs, self.points[:, 0], self.points[:, 1]), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class MappedControl:
    """A control of the other rig.

    Attributes:
        name: as that rig spells it.
        terms: what is summed; at least one does something.
        low, high: its range, in which the sum is held.
        neutral: what it has where every input is 0; the sum is added to it.
    """

    name: str
    terms: tuple[Term, ...]
    low: float = 0.0
    high: float = 1.0
    neutral: float = 0.0


@dataclass(frozen=True, eq=False)
class RigMap:
    """A rig's controls, in the order in which they are written.

    Attributes:
        name: what people call the map.
        about: what rig it is for, in a sentence; may be empty.
        controls: N of them, names unique.
        order: places of the controls, so that each follows those that it refers to.
    """

    name: str
    about: str
    controls: tuple[MappedControl, ...]
    order: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the controls."""
        return tuple(control.name for control in self.controls)

    @property
    def ranges(self) -> F32:
        """(N, 2) lowest and highest value of each control."""
        return np.array([(control.low, control.high) for control in self.controls], dtype=np.float32)

    @property
    def neutral(self) -> F32:
        """(N,) what each control has where every input is 0."""
        return np.array([control.neutral for control in self.controls], dtype=np.float32)

    def needs(self, source: Source) -> bool:
        """Whether any control takes something from a source."""
        return any(term.source == source for control in self.controls for term in control.terms)

    def apply(self, values: F32, visemes: F32 | None = None) -> F32:
        """Values of the other rig's controls.

        Args:
            values: (T, 174) control values of a take.
            visemes: (T, 16) weights of its visemes; needed where `needs("visemes")`.

        Returns:
            (T, N) float32, each control within its range.

        Raises:
            ValueError: visemes are needed and missing.
        """
        return self._filled(values, visemes, None)

    def summed(self, values: F32, visemes: F32 | None = None) -> tuple[F32, F32]:
        """As `apply`, and by how much each sum (T, N) left its control's range, below or above."""
        beyond = np.empty((len(values), len(self.controls)), dtype=np.float32)
        return self._filled(values, visemes, beyond), beyond

    def _filled(self, values: F32, visemes: F32 | None, beyond: F32 | None) -> F32:
        """Values of the controls; what their sums have beyond their ranges is put into `beyond`, if it is there."""
        inputs = self._inputs(np.asarray(values, dtype=np.float32), visemes)
        found = np.empty((len(values), len(self.controls)), dtype=np.float32)
        inputs["own"] = found
        for place in self.order:
            control = self.controls[place]
            total = np.full(len(values), control.neutral, dtype=np.float32)
            for term in control.terms:
                total += term.of(inputs[term.source][:, term.column])
            np.clip(total, control.low, control.high, out=found[:, place])
            if beyond is not None:
                np.subtract(total, found[:, place], out=beyond[:, place])
        return found

    def rest(self) -> F32:
        """(N,) what each control has on a face at rest: its neutral, but for what follows silence."""
        silence = np.array([[name == "sil" for name in VISEMES]], dtype=np.float32)
        return np.asarray(self.apply(NEUTRAL[None], silence)[0])

    def _inputs(self, values: F32, visemes: F32 | None) -> dict[Source, F32]:
        inputs: dict[Source, F32] = {"rig": values}
        if self.needs("arkit"):
            inputs["arkit"] = to_arkit(values)
        if self.needs("visemes"):
            if visemes is None or visemes.shape != (len(values), len(VISEMES)):
                raise ValueError(f"the map {self.name} needs weights of visemes (T, {len(VISEMES)})")
            inputs["visemes"] = visemes
        return inputs


def ordered(controls: Mapping[str, tuple[Term, ...]]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Places of controls so that each follows those that it refers to.

    Args:
        controls: terms of each control by its name.

    Returns:
        The places; and, where controls refer to one another in a circle, their names round it, else nothing.
    """
    places = {name: place for place, name in enumerate(controls)}
    waits = {name: {term.name for term in terms if term.source == "own"} for name, terms in controls.items()}
    order: list[int] = []
    done: set[str] = set()
    while ready := [name for name in waits if waits[name] <= done]:
        order += [places[name] for name in ready]
        done.update(ready)
        for name in ready:
            del waits[name]
    return tuple(order), _circle(waits)


def _circle(waits: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Names round a circle of those that wait for one another, the first again at its end; empty where none waits."""
    way: list[str] = []
    name = next(iter(waits), "")
    while name and name not in way:
        way.append(name)
        name = next(one for one in sorted(waits[name]) if one in waits)
    return (*way[way.index(name) :], name) if way else ()
