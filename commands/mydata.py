"""What the bot holds about whoever asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, File, Text, Typed, say, say_many
from commands import consenting, portable
from commands.command import Context, Reply, command
from commands.replies import row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@command(
    "mydata",
    fr="mesdonnees",
    help=N_("Show everything I hold about you, and why."),
    example=N_("!mydata"),
    where=frozenset({"private"}),
    needs_campaign=False,
    form=True,
)
def mydata(ctx: Context) -> Reply:
    """Say in short lines what is held about somebody, and hand all of it over as a file."""
    held = ctx.storage.held.by_table(ctx.person.id)
    accounts = list(held.get("addresses", ()))
    said = ctx.storage.consents.of(ctx.person.id)
    lines: list[Text] = [
        say(N_("**What I hold about you:**")),
        say(N_("- Name: {name}"), name=ctx.name),
        say(
            N_("- Accounts: {accounts}"),
            accounts=", ".join(
                f"{row['address']} ({row['room']})" if row["room"] else row["address"] for row in accounts
            ),
        ),
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
