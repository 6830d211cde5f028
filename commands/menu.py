"""The menu: every command under its topic, in the order help shows them. A new command is one file and one line here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.chat import N_
from commands import (
    announce,
    ask,
    audit,
    board,
    campaign,
    campaign_end,
    collective,
    confirm,
    consent,
    context,
    deadline,
    deciding,
    decline,
    details,
    dispute,
    export,
    forgetme,
    help,  # noqa: A004 - a file is named after its command
    holidays,
    language,
    letter,
    link,
    mydata,
    objection,
    org,
    org_merge,
    org_names,
    org_remove,
    org_show,
    outbox,
    poll,
    poll_end,
    poll_rules,
    polls,
    quarantine,
    questions,
    reject,
    relay,
    remind,
    revision,
    rooms,
    sign,
    signatories,
    snooze,
    status,
    verify,
    vote,
    withdraw,
)

if TYPE_CHECKING:
    from commands.command import Command


def _under(topic: str, *commands: Command) -> tuple[Command, ...]:
    return tuple(replace(one, topic=topic) for one in commands)


MENU: tuple[Command, ...] = (
    *_under(N_("To begin with"), letter.letter, sign.sign, status.status, vote.vote, help.help_),
    *_under(
        N_("Signature"),
        confirm.confirm,
        details.details,
        withdraw.withdraw,
        dispute.dispute,
        signatories.signatories,
        letter.versions,
    ),
    *_under(N_("Not yet, or not"), deciding.deciding, decline.decline),
    *_under(N_("Polls"), polls.polls, objection.objection),
    *_under(N_("Questions"), ask.ask, context.context),
    *_under(N_("Reminders"), deadline.deadlines, snooze.snooze, snooze.reminders),
    *_under(N_("About you"), link.link, language.language, consent.consent, mydata.mydata, forgetme.forgetme),
    # for campaigners
    *_under(N_("Rooms"), relay.relay, announce.announce, board.board, rooms.rooms),
    *_under(N_("Letter"), revision.letter_minor, revision.letter_material, revision.letter_drop),
    *_under(
        N_("Deadlines"),
        deadline.deadline,
        deadline.deadline_cancel,
        remind.remind_preview,
        remind.remind_now,
        holidays.holidays,
        holidays.holidays_cancel,
    ),
    *_under(
        N_("Polls"),
        poll.poll_open,
        poll_rules.poll_rules,
        poll_end.poll_close,
        poll_end.poll_cancel,
        poll_end.poll_conclude,
    ),
    *_under(N_("Questions"), questions.questions, questions.answer, questions.questions_close),
    *_under(
        N_("Organisations"),
        org.org_add,
        org_remove.org_remove,
        org.org_rep,
        org.org_deputy,
        org.org_revoke,
        org_show.org_list,
        org_show.org_show,
        org_names.org_rename,
        org_names.org_alias,
        org_names.org_unalias,
        org_names.org_site,
        org_merge.org_merge,
        org_merge.org_unmerge,
    ),
    *_under(N_("Signatures"), verify.verify, reject.reject, dispute.disputes, export.export),
    *_under(
        N_("Campaign"),
        campaign.campaign,
        campaign_end.campaign_close,
        campaign_end.campaign_reopen,
        collective.campaign_collective,
        audit.audit,
    ),
    *_under(
        N_("When something went wrong"),
        outbox.outbox,
        outbox.outbox_retry,
        outbox.outbox_drop,
        quarantine.quarantine,
        quarantine.quarantine_drop,
    ),
)
