"""What a run came to: what people typed, what the database holds and what the rooms show must be the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.sides import SealedSide

if TYPE_CHECKING:
    from tests.faults.scene import Scene
    from tests.faults.sides import Seen


@dataclass
class Verdict:
    """Counts, and every single thing that is not as it should be."""

    events: int = 0
    effects: int = 0
    visible: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    recovery: float = 0.0
    hits: Counter[str] = field(default_factory=Counter)

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled or wrong."""
        return not (self.lost or self.doubled or self.wrong)

    def __str__(self) -> str:
        parts = [
            f"{len(found)} {what}: {', '.join(found[:4])}{' …' if len(found) > 4 else ''}"
            for what, found in (("lost", self.lost), ("doubled", self.doubled), ("wrong", self.wrong))
            if found
        ]
        return "; ".join(parts) or "sound"


async def judge(run: Scene, trouble: str = "") -> Verdict:
    """Compare everything, once the bot has ended."""
    verdict = Verdict(
        events=len(run.typed), recovery=run.recovery, wrong=list(run.wrong), hits=Counter(run.hits)
    )
    if trouble:
        verdict.wrong.append(trouble)
    seen = {network: await side.visible() for network, side in run.sides.items()}
    for side in run.sides.values():
        if isinstance(side, SealedSide):
            verdict.wrong += side.wrong
    verdict.visible = sum(map(len, seen.values()))
    alone = [text for side in run.sides.values() for text in await side.told_alone()]
    verdict.visible += len(alone)
    _signatures(run, verdict, [*(one.text for each in seen.values() for one in each), *alone])
    _dispatches(run, verdict, seen)
    _database(run, verdict)
    await _cursors(run, verdict)
    return verdict


def _signatures(run: Scene, verdict: Verdict, texts: list[str]) -> None:
    """Every `!sign` has its signature, once, and is answered by name, once."""
    signed = Counter(run.signed())
    verdict.effects = signed.total()
    # A reminder names who has not answered yet.
    said = "\n".join(text for text in texts if "No answer yet" not in text)
    for name, network in run.typed.items():
        wanted = name not in run.silent
        if signed[name] < wanted:
            verdict.lost.append(f"the signature of {name} ({network})")
        if signed[name] > wanted:
            verdict.doubled.append(f"the signature of {name} ({network})")
        answers = said.count(name)
        if wanted and not answers:
            verdict.lost.append(f"the answer to {name} ({network})")
        if answers > wanted:
            verdict.doubled.append(f"the answer to {name} ({network})")
    verdict.wrong += [f"{name} never signed" for name in signed if name not in run.typed]


def _dispatches(run: Scene, verdict: Verdict, seen: dict[str, list[Seen]]) -> None:
    """What was delivered is what is visible; nothing waits; every intent left in one dispatch."""
    for network, each in seen.items():
        visible = Counter(one.event for one in each)
        delivered = Counter(
            event
            for (event,) in run.ask(
                "SELECT d.event FROM dispatches d JOIN rooms r ON r.id = d.room_id"
                " WHERE d.network = ? AND d.state = 'delivered' AND NOT r.direct",
                network,
            )
        )
        verdict.doubled += [f"message {event} of no dispatch" for event in visible - delivered]
        verdict.lost += [f"message {event} said to be delivered" for event in delivered - visible]
    excused = ("delivered", *run.excused)
    for key, state, error in run.ask(
        "SELECT d.key, d.state, d.error FROM dispatches d LEFT JOIN rooms r ON r.id = d.room_id"
        " WHERE d.state <> 'unsaid' OR r.state IS NULL OR r.state <> 'parked'"
    ):
        if state not in excused:
            verdict.wrong.append(f"dispatch {key} is {state} ({error})")
    ((waiting,),) = run.ask("SELECT count(*) FROM outbox WHERE settled = 0") or [(0,)]
    if waiting:
        verdict.lost.append(f"{waiting} intents still wait")
    unsent = run.ask(
        "SELECT o.id FROM outbox o JOIN rooms r ON r.id = o.room_id WHERE o.intent = 'message'"
        " AND o.dispatch_key IS NULL AND o.settled AND r.state <> 'parked'"
    )
    verdict.lost += [f"intent {row} in no dispatch" for (row,) in unsent]
    empty = run.ask(
        "SELECT d.key FROM dispatches d LEFT JOIN outbox o ON o.dispatch_key = d.key WHERE o.id IS NULL"
    )
    verdict.doubled += [f"dispatch {key} of no intent" for (key,) in empty]


def _database(run: Scene, verdict: Verdict) -> None:
    integrity = run.ask("PRAGMA integrity_check")
    if integrity != [("ok",)]:
        verdict.wrong.append(f"the database: {integrity[:3]}")
    if broken := run.ask("PRAGMA foreign_key_check"):
        verdict.wrong.append(f"{len(broken)} rows point at nothing")
    if found := run.ask("SELECT what, error FROM quarantine"):
        verdict.wrong.append(f"quarantined: {found[:3]}")


async def _cursors(run: Scene, verdict: Verdict) -> None:
    """No cursor ever went back."""
    ranks: dict[str, int] = {}
    for side in run.sides.values():
        ranks |= await side.ranks()
    furthest: dict[tuple[str, str], int] = {}
    for network, scope, cursor in run.cursors:
        if network == "matrix":
            rank = int(cursor.lstrip("s").partition("_")[0])
        else:
            found = ranks.get(cursor.partition(" ")[2])
            if found is None:
                continue  # the bot's own archive, or an empty one
            rank = found
        if rank < furthest.get((network, scope), rank):
            verdict.wrong.append(f"the cursor of {scope} went back to {cursor}")
        furthest[network, scope] = max(rank, furthest.get((network, scope), rank))
