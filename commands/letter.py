"""Showing the letter: its card in a room, its whole text in private; and the versions there were."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign import letter as rules
from campaign.chat import N_, File, Markdown, Text, Typed, say
from commands.command import CAMPAIGNERS, Context, Reply, command, reply
from commands.letters import revising
from commands.line import calling, finding
from commands.signatures import showing
from commands.vocabulary import read_choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.letter import Version
    from storage.letters import Letter


@command(
    "letter",
    fr="lettre",
    help=N_("Show the letter: its card; in private, the full text."),
    example=N_("!letter en"),
    in_short=True,
    even_ended=True,
)
def letter(ctx: Context, language: str = "", version: str = "") -> Reply:
    """Show the letter in a language it exists in, or an earlier version; alone with the bot, the whole of it."""
    campaign = ctx.campaign
    if language.isdecimal():
        language, version = version, language
    known = {text.language: text for text in ctx.storage.letters.current(campaign.id)}
    wanted = read_choice(language, tuple(known))
    if language and wanted is None:
        return _no_language(ctx, language, tuple(known))
    chosen = known.get(wanted or "") or ctx.storage.letters.in_language(campaign.id, ctx.language)
    if version:
        return _earlier(ctx, chosen, version)
    whole = ctx.private and _is_short(chosen)
    card = showing.card(ctx.storage, chosen, campaign, summary=not whole)
    return _shown(ctx, chosen, card, purpose=f"letter:{campaign.id}")


def _no_language(ctx: Context, typed: str, known: tuple[str, ...]) -> Reply:
    if ctx.is_admin:
        answers = [one for one in ctx.menu if one.name.startswith("letter ")]
        for name in ("letter", "lettre"):
            close = finding.nearest(calling.Line(f"{name} {typed}"), answers, campaigner=True)
            if close is not None:
                return reply(N_("Did you mean {command}?"), command=Typed(close[0].name))
    return reply(
        N_("There is no letter in “{language}”. There is one in: {languages}."),
        language=typed,
        languages=", ".join(known),
    )


def _earlier(ctx: Context, current: Letter, typed: str) -> Reply:
    """Show a version by its number, in the language of the current text; alone with the bot, what changed with it too."""
    there = [
        one
        for one in rules.accepted(ctx.storage.letters.versions(ctx.campaign.id))
        if one.language == current.language
    ]
    found = next((one for one in there if str(one.version) == typed.lstrip("0")), None)
    if found is None:
        return reply(
            N_("There is no such version in “{language}”: {history} shows which there are."),
            language=current.language,
            history=Typed("versions"),
        )
    letters = ctx.storage.letters
    text = letters.get(found.id)
    lines = [say(N_("📜 **{title}**"), title=text.title), showing.version_of(text, ctx.campaign)]
    if found.id != current.id:
        lines.append(
            say(
                N_("⚠ An earlier version; the letter as it is now: {letter}"),
                letter=Typed("letter", current.language),
            )
        )
    before = there[: there.index(found)]
    changed = revising.passages(letters.get(before[-1].id), text) if before else []
    return replace(_shown(ctx, text, tuple(lines)), private=tuple(changed))


def _shown(ctx: Context, chosen: Letter, lines: tuple[Text, ...], purpose: str = "") -> Reply:
    if not ctx.private:
        return Reply(lines, purpose=purpose)
    if not _is_short(chosen):
        name = f"{ctx.campaign.key}.{chosen.language}.md"
        return Reply(lines, file=File(name, "text/markdown; charset=utf-8", chosen.text.encode()))
    return Reply((*lines, say(N_("{text}"), text=Markdown(rules.untitled(chosen.text, chosen.title)))))


_FULL_IN_CHAT = 8000
"""Characters up to which a letter is shown in a private chat rather than handed over as a file."""


def _is_short(chosen: Letter) -> bool:
    return len(chosen.text) <= _FULL_IN_CHAT


@command(
    "versions",
    fr="versions",
    help=N_("List the versions of the letter there were."),
    example=N_("!versions"),
    even_ended=True,
)
def versions(ctx: Context) -> Reply:
    """List every version, in private; to campaigners, with the difference of what waits for them."""
    storage, campaign = ctx.storage, ctx.campaign
    known = storage.letters.versions(campaign.id)
    lines = [
        say(
            N_("- {version}: {change}"),
            version=showing.version_of(one, campaign),
            change=_change(one, known),
        )
        for one in known
        if one.change not in ("pending", "dropped")
    ]
    pending = storage.letters.pending(campaign.id)
    if not (pending and ctx.is_admin and ctx.place in CAMPAIGNERS) or campaign.closed_at is not None:
        return Reply(private=tuple(lines))
    lines += [*revising.difference(storage, pending), *revising.waiting(storage, campaign)]
    return Reply(tuple(lines), file=revising.full_difference(storage, campaign, pending))


def _change(one: Version, versions: Sequence[Version]) -> Text:
    change = say(CHANGES[one.change])
    if one.root_id is None:
        return change
    return say(N_("{change}, of version {version}"), change=change, version=rules.translated(one, versions))


CHANGES = {
    "first": N_("the first"),
    "minor": N_("small changes"),
    "material": N_("changes of substance"),
}
"""What a version is called beside the one before it."""
