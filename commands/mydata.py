"""What the bot holds about whoever asks."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from campaign.chat import N_, NN_, File, Listing, Moment, Text, Typed, say, say_many
from commands.command import Context, Reply, command
from commands.privacy import portable
from commands.replies import row
from commands.signatures import consenting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign.chat import Value


@command(
    "mydata",
    fr="mesdonnées",
    help=N_("Show everything I hold about you, and why."),
    example=N_("!mydata"),
    where=frozenset({"private"}),
    needs_campaign=False,
    form=True,
)
def mydata(ctx: Context) -> Reply:
    """Say in short lines what is held about somebody, and hand all of it over as a file."""
    held = ctx.storage.held.by_table(ctx.person.id)
    accounts = sorted(held.get("addresses", ()), key=lambda one: bool(one["room"]))
    said = ctx.storage.consents.of(ctx.person.id)
    lines: list[Text] = [
        say(N_("**What I hold about you:**")),
        say(N_("- Name: {name}"), name=ctx.name),
        say(N_("- Accounts: {accounts}"), accounts=Listing(tuple(_account(ctx, row) for row in accounts))),
    ]
    mine = [one.name for one in ctx.storage.organisations.of_person(ctx.person.id)]
    if mine:
        lines.append(say(N_("- You speak for: {names}"), names=", ".join(mine)))
    lines += [
        say(
            N_("- Signature no. {number}: {name}, as “{person}”"),
            number=row["number"],
            name=row["organisation"],
            person=row["person_name"],
        )
        for row in held.get("signatures", ())
    ]
    counts = _count(held)
    if counts:
        lines.append(say(N_("- And: {things}"), things=row(counts)))
    if not held.keys() - {"people", "addresses", "said_to_you"}:
        since = datetime.fromisoformat(held["people"][0]["known_since"])
        lines.append(say(N_("- Nothing else: I have known you only since {at}."), at=Moment(since, ctx.zone)))
    lines += [
        say(N_("- {standing}"), standing=say(consenting.STANDING[kind, said.get(kind)]))
        for kind in consenting.KINDS
    ]
    lines.append(
        say(
            N_(
                "Campaigners can read this. It serves to know who may speak for an organisation, and is kept until some time after the campaign. To change what is published: {consent} · to be forgotten: {forgetme}"
            ),
            consent=Typed("consent"),
            forgetme=Typed("forgetme"),
        )
    )
    document = {"about": portable.about(ctx.language, held), "generated_at": ctx.now.isoformat(), **held}
    data = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")
    return Reply(tuple(lines), file=File(f"tocsin-{ctx.now:%Y%m%d}.json", "application/json", data))


def _account(ctx: Context, row: Mapping[str, Any]) -> Value:
    """An account by its address; in a room that hides them, by that room: what stands for it there says nothing to anybody."""
    if not row["room"]:
        return str(row["address"])
    room = ctx.storage.rooms.find(row["network"], row["room"])
    return say(N_("you in {room}, which hides accounts"), room=room.label if room else row["room"])


def _count(held: Mapping[str, Sequence[object]]) -> list[Text]:
    return [say_many(*words, len(held[table])) for table, words in COUNTED.items() if held.get(table)]


COUNTED = {
    "ballots": NN_("{count} ballot", "{count} ballots"),
    "questions": NN_("{count} question", "{count} questions"),
    "disputes": NN_("{count} dispute", "{count} disputes"),
    "prompts": NN_("{count} question of mine", "{count} questions of mine"),
    "sympathies": NN_("{count} thumb up", "{count} thumbs up"),
    "audit": NN_("{count} line in the book of acts", "{count} lines in the book of acts"),
    "said_to_you": NN_("{count} message I sent you alone", "{count} messages I sent you alone"),
}
"""What is counted rather than shown; all of it is in the file."""
