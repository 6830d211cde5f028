"""What the bot can do: in a room the few that matter, everything in private."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Text, Typed, say
from commands.command import ANYWHERE, Context, Reply, Rest, command, reply
from commands.line import calling, finding, usage
from commands.replies import row
from commands.vocabulary import NOBODYS_NAME, fold, in_language, read_choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commands.command import Command


@command(
    "help",
    fr="aide",
    help=N_("Show what I can do, or how to use a command."),
    example=N_("!help sign"),
    in_short=True,
    needs_campaign=False,
    where=ANYWHERE,
)
def help_(ctx: Context, command: Rest = "") -> Reply:
    """Show the few in a room, all of them by topic in private, everybody's explained if asked, or one command in full."""
    prefix = ctx.house.prefix
    if fold(command) in NOBODYS_NAME and finding.find(calling.Line(command), ctx.menu) is None:
        command = ""  # "aide moi", "help please"
    every = bool(command) and read_choice(command, ("all",)) is not None
    if command and not every:
        return _about(ctx, command.removeprefix(prefix))
    if not (every or ctx.private or ctx.place == "admin"):
        lines = tuple(finding.summary(one) for one in ctx.menu if one.in_short)
        more = say(N_("Everything, in private: {help}"), help=Typed("help", in_language("all", ctx.language)))
        return Reply((*lines, more))
    # From a room it is the list that fits on a phone that opens a private chat.
    explained = every and (ctx.private or ctx.place == "admin")
    lines = _listed(ctx, admin=False, explained=explained)
    if ctx.is_admin and (ctx.private or ctx.place == "admin"):
        # By topic alone: explained as well, no phone could show it in one message.
        theirs = _listed(ctx, admin=True, explained=False)
        lines = (*lines, say(N_("**For campaigners:**")), *theirs)
        if explained:
            more = say(
                N_("What one of these does, with those that begin like it: {one}"), one=Typed("help", "org")
            )
            lines = (*lines, more)
    if not explained:
        more = say(
            N_("One of them in full: {one} · each explained: {all}"),
            one=Typed("help", ctx.menu[1].name_in(ctx.language)),
            all=Typed("help", in_language("all", ctx.language)),
        )
        lines = (*lines, more)
    return Reply(private=lines) if ctx.place != "admin" else Reply(lines)


def _about(ctx: Context, wanted: str) -> Reply:
    """Show one command in full, or those that have this word in common."""
    found = finding.find(calling.Line(wanted), ctx.menu)
    sayable = [one for one in ctx.menu if ctx.is_admin or not one.admin]
    if found is None:
        family = finding.family(wanted, ctx.menu)
        meant = [one for one, _, _ in finding.akin(calling.Line(wanted), sayable)]
        if not family and meant:
            return Reply(
                usage.explained(ctx, meant[0]) if len(meant) == 1 else tuple(map(finding.summary, meant))
            )
        if not family:
            return reply(
                N_("I do not know “{wanted}”. {help} lists what I can do."),
                wanted=wanted,
                help=Typed("help"),
            )
        return Reply(tuple(map(finding.summary, family)))
    one = found[0]
    begun = tuple(finding.summary(each) for each in sayable if each.name.startswith(f"{one.name} "))
    return Reply((*usage.explained(ctx, one), *begun))


def _listed(ctx: Context, *, admin: bool, explained: bool) -> tuple[Text, ...]:
    """The commands by topic: each in a line that explains it, or those of a topic in one line."""
    topics: dict[str, list[Command]] = {}
    for one in ctx.menu:
        if one.admin == admin:
            topics.setdefault(one.topic, []).append(one)
    lines: list[Text] = []
    for topic, commands in topics.items():
        if explained:
            lines += [say(N_("**{topic}**"), topic=say(topic)), *map(finding.summary, commands)]
        elif any(one.in_short for one in commands):
            lines += [finding.summary(one) for one in commands if one.name != "help"]
        else:
            lines.append(say(N_("**{topic}:** {commands}"), topic=say(topic), commands=row(_names(commands))))
    return tuple(lines)


def _names(commands: Sequence[Command]) -> list[Typed]:
    """What commands are called; those of two words by the first of them, once."""
    alone = {one.name for one in commands}
    names: dict[str, Typed] = {}
    for one in commands:
        first, _, second = one.name.partition(" ")
        names.setdefault(first, Typed(first, "…" if second and first not in alone else ""))
    return list(names.values())
