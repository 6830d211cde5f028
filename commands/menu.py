"""The menu: every command, in the order help shows them. A new command is one file and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands import (
    announce,
    campaign,
    confirm,
    deadline,
    deciding,
    decline,
    details,
    export,
    help,  # noqa: A004 - a file is named after its command
    language,
    letter,
    link,
    org,
    outbox,
    poll,
    polls,
    quarantine,
    reject,
    relay,
    remind,
    revision,
    rooms,
    sign,
    signatories,
    status,
    verify,
    vote,
    withdraw,
)

if TYPE_CHECKING:
    from commands.command import Command

MENU: tuple[Command, ...] = (
    letter.letter,
    sign.sign,
    status.status,
    help.help_,
    confirm.confirm,
    details.details,
    deciding.deciding,
    decline.decline,
    withdraw.withdraw,
    signatories.signatories,
    letter.versions,
    polls.polls,
    vote.vote,
    deadline.deadlines,
    link.link,
    language.language,
    # for campaigners
    revision.letter_minor,
    revision.letter_material,
    revision.letter_drop,
    relay.relay,
    announce.announce,
    deadline.deadline,
    deadline.deadline_cancel,
    remind.remind_preview,
    remind.remind_now,
    poll.poll_open,
    poll.poll_close,
    org.org_add,
    org.org_rep,
    org.org_revoke,
    org.org_list,
    verify.verify,
    reject.reject,
    export.export,
    campaign.campaign,
    rooms.rooms,
    outbox.outbox,
    outbox.outbox_retry,
    outbox.outbox_drop,
    quarantine.quarantine,
    quarantine.quarantine_drop,
)
