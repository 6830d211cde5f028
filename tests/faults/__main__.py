"""`SEEDS=1-50 python -m tests.faults [ROW …]`: play the fault matrix, and print its table."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.faults.matrix import Plan, Score, servers
from tests.faults.table import ROWS, Row

out = Console(stderr=True, highlight=False)


def seeds(said: str) -> list[int]:
    """The seeds of `1-50` or `3,7`."""
    found: list[int] = []
    for part in said.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def wanted(names: list[str]) -> list[Row]:
    """The rows of these names, or all."""
    known = {row.name: row for row in ROWS}
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"no such row: {', '.join(unknown)}. There are: {', '.join(known)}")
    return [known[name] for name in names] or list(ROWS)


def table(scores: list[Score]) -> str:
    """The scores as a Markdown table."""
    lines = [
        "| row | runs | events accepted | effects | messages visible | lost | doubled | longest recovery | control |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for score in scores:
        controls = "; ".join(
            f"without {safeguard}: {'fails' if how else '**does not fail**'}"
            for safeguard, how in score.controls.items()
        )
        failed = "" if not score.failures else f" **({len(score.failures)} failed)**"
        lines.append(
            f"| {score.row.name}, {score.variant} | {score.runs}{failed} | {score.events} | {score.effects}"
            f" | {score.visible} | {score.lost} | {score.doubled} | {score.recovery:.1f} s | {controls} |"
        )
    hits = sum((score.hits for score in scores), start=type(scores[0].hits)())
    if hits:
        lines += ["", "Kill points: " + ", ".join(f"{step} {count}" for step, count in sorted(hits.items()))]
    return "\n".join(lines)


def main() -> None:
    """Play, show, and end with 1 if anything was lost, doubled or wrong, or a control did not fail."""
    rows = wanted(sys.argv[1:])
    numbers = seeds(os.environ.get("SEEDS", "1-50"))
    folder = Path(tempfile.mkdtemp(prefix="tocsin-faults-"))
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as progress, servers(folder) as here:
        bars = {
            (row.name, str(variant)): progress.add_task(
                f"{row.name}, {variant}", total=len(numbers[: variant.most]) + len(variant.controls)
            )
            for row in rows
            for variant in row.variants
        }

        def done(score: Score, what: str) -> None:
            bar = bars[score.row.name, str(score.variant)]
            progress.update(bar, completed=score.runs + sum(map(bool, score.controls.values())))
            if what.startswith("without") or not what.endswith(": sound"):
                progress.console.print(
                    f"{score.row.name}, {score.variant}, {what}"[:600], markup=False, soft_wrap=True
                )

        plan = Plan(rows, numbers, done=done)
        with contextlib.suppress(KeyboardInterrupt):  # what was played so far is shown
            asyncio.run(plan.run(here, folder))
    print(table(plan.scores))  # noqa: T201 - this is what it is for
    out.print(f"{(time.monotonic() - began) / 60:.1f} minutes")
    if all(score.sound for score in plan.scores):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        out.print(f"What failed is kept in {folder}")
        sys.exit(1)


if __name__ == "__main__":
    main()
