"""Being forgotten."""

from __future__ import annotations

from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from commands import tell
from commands.command import Choice, Context, Reply, command
from commands.privacy import oblivion
from storage.unsaying import GONE


@command(
    "forgetme",
    fr="oubliezmoi",
    help=N_("Have me erase your name and your accounts; what your organisation signed stays, without you."),
    example=N_("!forgetme"),
    where=frozenset({"private"}),
    needs_campaign=False,
)
def forgetme(ctx: Context) -> Reply:
    """Erase whoever asks, under all their accounts, after asking once more; a campaigner is one of the config's."""
    if any(address in ctx.house.admins for address in ctx.storage.people.addresses(ctx.person.id)):
        raise CampaignError(
            say(
                N_(
                    "You are a campaigner: my config names your account, and I would know you again at once. Have an operator take it out, then say {forgetme} again."
                ),
                forgetme=Typed("forgetme"),
            )
        )
    if not ctx.confirmed:
        ask = say(
            N_(
                "I will erase your name, your accounts and your rights, and what I told you. What your organisations signed and voted stays, without your name; what nobody has verified yet ends. To do it: {confirm} · to see it first: {mydata}"
            ),
            confirm=Typed("confirm"),
            mydata=Typed("mydata"),
        )
        return Reply((ask,), choices=(Choice("forgetme"),))
    done = oblivion.forget(
        ctx.storage, ctx.person.id, ctx.now, room=ctx.room.id, answered_at=ctx.person.address_id
    )
    goodbye = (
        say(
            N_(
                "You are forgotten: your name, your accounts and your rights are erased. I keep a number in the book of acts, which no longer says who it was; and if you spoke for an organisation, an unreadable fingerprint of your account, so that no list gives you that right back."
            )
        ),
        say(
            N_(
                "What the servers and the other people in the rooms keep, and the backups made until today, I cannot erase. Goodbye!"
            )
        ),
    )
    lines = oblivion.told(done)
    told = tell.admins(ctx.storage, ctx.house, *lines) if lines else ()
    # It answers nobody by name, and is itself forgotten once it has arrived.
    return Reply(goodbye, quotes=False, purpose=GONE).also(*told)
