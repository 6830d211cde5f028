"""What the benchmarks say of their samples: medians, 95th percentiles, tables."""

from __future__ import annotations

from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["median", "p95", "table"]


def p95(samples: Sequence[float]) -> float:
    """Return the value that one sample in twenty exceeds."""
    return quantiles(samples, n=20, method="inclusive")[-1]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a Markdown table that can be read as it stands."""
    widths = [max(len(line[column]) for line in (head, *rows)) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    return "\n".join((line(head), line(["-" * width for width in widths]), *map(line, rows)))
