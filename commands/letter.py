"""Showing the letter: its card in a room, its whole text in private."""

from __future__ import annotations

from campaign.chat import N_, File, Markdown, say
from commands import lookup
from commands.command import Context, Reply, command, reply
from commands.vocabulary import read_choice


@command(
    "letter",
    fr="lettre",
    help=N_("Show the letter; the full text comes in private."),
    example=N_("!letter en"),
    in_short=True,
)
def letter(ctx: Context, language: str = "") -> Reply:
    """Show the letter in a language it exists in; alone with the bot, the whole of it."""
    campaign = ctx.campaign
    texts = ctx.storage.letters.current(campaign.id)
    known = {text.language: text for text in texts}
    wanted = read_choice(language, tuple(known))
    if language and wanted is None:
        return reply(
            N_("There is no letter in “{language}”. There is one in: {languages}."),
            language=language,
            languages=", ".join(known),
        )
    chosen = known.get(wanted or "") or ctx.storage.letters.in_language(campaign.id, ctx.language)
    lines = lookup.card(chosen, campaign)
    if not ctx.private:
        return Reply(lines, purpose=f"letter:{campaign.id}")
    if len(chosen.text) > _FULL_IN_CHAT:
        file = File(
            f"{campaign.key}.{chosen.language}.md", "text/markdown; charset=utf-8", chosen.text.encode()
        )
        return Reply(lines, file=file)
    return Reply((*lines, say(N_("{text}"), text=Markdown(chosen.text))))


_FULL_IN_CHAT = 8000
"""Characters up to which a letter is shown in a private chat rather than handed over as a file."""
