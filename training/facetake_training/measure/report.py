"""How a measurement is told: rows of a table and the bars it had to meet. Knows nothing of what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class MeasurementReport:
    """Lines to print and whether every bar was met."""

    lines: list[str] = field(default_factory=list)
    is_met: bool = True

    def row(self, text: str) -> None:
        """Adds a line that has no bar."""
        self.lines.append(text)

    def bar(self, name: str, value: float, least: float | None = None, most: float | None = None) -> None:
        """Adds a value with the bar it has to reach or stay under."""
        met = (least is None or value >= least) and (most is None or value <= most)
        wanted = f"at least {least:g}" if least is not None else f"at most {most:g}"
        self.lines.append(f"{name:44s} {value:9.4f}   {wanted}: {'met' if met else 'MISSED'}")
        self.is_met &= met

    def __str__(self) -> str:
        """The table."""
        return "\n".join(self.lines)
