"""Erasing what names a person, wherever it stands; what organisations did stays, with somebody who was forgotten.

Nobody can grep a database for a name without hitting others who bear it, so it goes by what belongs to whom: rows that
point at the person, what was said to them or about them. An account is nobody else's: it is looked for everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, and_, delete, func, insert, or_, select, update

from campaign.organisation import normal_form
from storage.merged import Merged, Trace, without_digest
from storage.merges import Merges
from storage.naming import Naming
from storage.organisations import Organisations
from storage.people import THEIR_OWN, People, pointing_at
from storage.representatives import Representatives
from storage.rows import Queries
from storage.tables import (
    addresses,
    audit,
    ballots,
    campaign_organisations,
    campaigns,
    consents,
    deadlines,
    disputes,
    link_codes,
    metadata,
    organisation_names,
    organisations,
    outbox,
    people,
    polls,
    prompts,
    question_waits,
    questions,
    representatives,
    signatures,
)
from storage.unhearing import Unhearing
from storage.unsaying import Unsaying, holds, is_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Column, ColumnElement, Table

    from campaign.chat import Address

_APART = frozenset(
    {"audit", "inbox", "outbox", "dispatches", "files", "rooms", "addresses", "people", "letters"}
)
"""Tables with a rule of their own, or in which nobody is named."""
_LABEL = deadlines.c.label
"""What people typed, though no two of a campaign's are the same."""
_ANSWERS = ("deciding", "declined", "details")
"""The acts in which somebody types something for an organisation, besides signing and voting."""


@cache
def _keys(table: Table) -> frozenset[Column[Any]]:
    """The columns of which no two rows may have the same."""
    return frozenset(
        column
        for constraint in table.constraints
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
        for column in constraint.columns
    )


@dataclass(frozen=True, slots=True)
class Orphan:
    """An organisation for which nobody speaks any more, now that somebody was forgotten."""

    id: int
    name: str


class Erasing(Queries):
    """What is left of a person afterwards is a number."""

    def erase(self, person_id: int, now: datetime, *, answered_at: int | None = None) -> Sequence[Orphan]:
        """Erase a person; return the organisations that are left without anybody who speaks for them.

        `answered_at` is the address at which they are told so: it goes, with the private chat, once they were
        (`Unsaying.settle`). Signatures that wait for somebody to verify them are the caller's to end before.
        """
        book = People(self._connection)
        accounts = book.addresses(person_id)
        naming = self._naming(person_id, accounts)
        orphans = self._rights(person_id, accounts, now)
        messages = Unsaying(self._connection)
        private = messages.private_chats(accounts)
        messages.erase(person_id, naming, private)
        self._own_rows(person_id, naming)
        self._tombstone(person_id, accounts, naming, now)
        heard = Unhearing(self._connection)
        # Before their accounts are taken out of it, by which it is found.
        heard.sealed(accounts, private)
        heard.sympathies(accounts)
        heard.events(accounts, private)
        self._everywhere(naming)
        gone = delete(addresses).where(addresses.c.person_id == person_id, addresses.c.network != "")
        if answered_at is not None:
            gone = gone.where(addresses.c.id != answered_at)
        self._connection.execute(gone)
        self._connection.execute(
            update(people)
            .where(people.c.id.in_([person_id, *book.once_were(person_id)]))
            .values(name="", language=None, forgotten_at=now)
        )
        return orphans

    def due(self, before: datetime) -> Sequence[int]:
        """The people who are kept longer than they have to be, by their number.

        That is whoever has no part in a campaign that is open, or was until `before`, and has done nothing since then:
        who speaks for one of its organisations, or what that turned out to be, signed, disputed, voted or asked in it has
        a part.
        """
        still = select(campaigns.c.id).where(
            campaigns.c.closed_at.is_(None) | (campaigns.c.closed_at > before)
        )
        speaking = select(representatives.c.person_id).join(
            campaign_organisations,
            campaign_organisations.c.organisation_id == representatives.c.organisation_id,
        )
        became = Merges.became()
        speaking_now = (
            select(representatives.c.person_id)
            .join(became, became.c.kept_id == representatives.c.organisation_id)
            .join(campaign_organisations, campaign_organisations.c.organisation_id == became.c.gone_id)
        )
        parts = (
            speaking.where(campaign_organisations.c.campaign_id.in_(still)),
            speaking_now.where(campaign_organisations.c.campaign_id.in_(still)),
            select(signatures.c.person_id).where(signatures.c.campaign_id.in_(still)),
            select(ballots.c.person_id)
            .join(polls, polls.c.id == ballots.c.poll_id)
            .where(polls.c.campaign_id.in_(still)),
            select(questions.c.person_id).where(questions.c.campaign_id.in_(still)),
            select(disputes.c.person_id)
            .join(signatures, signatures.c.id == disputes.c.signature_id)
            .where(signatures.c.campaign_id.in_(still)),
            select(prompts.c.person_id).where(prompts.c.asked_at > before),
            select(audit.c.person_id).where(audit.c.at > before, audit.c.person_id.is_not(None)),
        )
        query = select(people.c.id).where(
            people.c.forgotten_at.is_(None),
            people.c.known_since <= before,
            people.c.id.in_(select(addresses.c.person_id)),
            *(people.c.id.not_in(part) for part in parts),
        )
        return list(self._connection.execute(query.order_by(people.c.id)).scalars())

    # --- who it is

    def _naming(self, person_id: int, accounts: Sequence[Address]) -> Naming:
        """Every address and every name of theirs that we know. What is an organisation's name too is no name here."""
        names = set(self._connection.execute(select(people.c.name).where(people.c.id == person_id)).scalars())
        names |= set(
            self._connection.execute(
                select(signatures.c.person_name).where(signatures.c.person_id == person_id)
            ).scalars()
        )
        for account in accounts:
            for message in self._messages(account.id):
                to = message.get("to") or {}
                if (to.get("network"), to.get("id"), to.get("room")) == (
                    account.network,
                    account.id,
                    account.room,
                ):
                    names.add(message.get("to_name") or "")
        normal = {name: normal_form(name) for name in names if name}
        taken = set(
            self._connection.execute(
                select(organisation_names.c.normal).where(organisation_names.c.normal.in_(normal.values()))
            ).scalars()
        )
        return Naming(
            # An occupant-id is whatever the room's service says: elsewhere it may be another person, or a room.
            frozenset(account.id for account in accounts if account.is_account),
            frozenset((one.network, one.id, one.room) for one in accounts),
            frozenset(name for name, form in normal.items() if form not in taken),
        )

    def _messages(self, account: str) -> Sequence[dict[str, Any]]:
        found = select(outbox.c.message).where(holds(outbox.c.message, account))
        return list(self._connection.execute(found).scalars())

    # --- what goes

    def _rights(self, person_id: int, accounts: Sequence[Address], now: datetime) -> list[Orphan]:
        """Take every right, and let no list give it back to an account by itself; without keeping the account."""
        book = Representatives(self._connection)
        theirs = Organisations(self._connection).of_person(person_id)
        for account in accounts:
            if account.is_account:
                for organisation_id in {one.id for one in theirs} | set(book.barred(account)):
                    book.bar(organisation_id, account, now)
        self._connection.execute(delete(representatives).where(representatives.c.person_id == person_id))
        self._forget_digests([one.id for one in theirs])
        return [Orphan(one.id, one.name) for one in theirs if not book.of(one.id)]

    def _forget_digests(self, ids: Sequence[int]) -> None:
        listed = select(organisations.c.id, organisations.c.listed).where(organisations.c.id.in_(ids))
        for organisation_id, said in self._connection.execute(listed).all():
            if said:
                row = update(organisations).where(organisations.c.id == organisation_id)
                self._connection.execute(row.values(listed=without_digest(said)))

    def _own_rows(self, person_id: int, naming: Naming) -> None:
        """Erase what is about them alone, and their name out of what they typed for an organisation."""
        last = self._connection.execute(select(func.max(prompts.c.id))).scalar()
        theirs = prompts.c.person_id == person_id
        self._connection.execute(delete(prompts).where(theirs, prompts.c.id != last))
        # Not the newest: its id would be given again.
        self._connection.execute(
            update(prompts)
            .where(theirs)
            .values(choices=[], answered_at=func.coalesce(prompts.c.answered_at, prompts.c.asked_at))
        )
        for table in (link_codes, consents):
            self._connection.execute(delete(table).where(table.c.person_id == person_id))
        alone = question_waits.c.organisation_id.is_(None)
        self._connection.execute(delete(question_waits).where(question_waits.c.person_id == person_id, alone))
        for column in pointing_at(people, but=(audit, addresses)):
            if column.name not in THEIR_OWN:
                continue
            self._retype(column.table, column == person_id, naming)
        mine = self._answered_for(person_id)
        for table, which in (
            (organisations, organisations.c.id),
            (campaign_organisations, campaign_organisations.c.organisation_id),
            (signatures, signatures.c.organisation_id),  # a colleague's, which they completed
        ):
            self._retype(
                table, which.in_(mine), naming, but=("name", "website", "domain", "listed", "person_name")
            )
        self._connection.execute(
            update(signatures).where(signatures.c.person_id == person_id).values(person_name="", role="")
        )

    def _answered_for(self, person_id: int) -> set[int]:
        """The organisations whose own words may be in this person's: one that became another's is that other, too."""
        numbers = {person_id, *People(self._connection).once_were(person_id)}
        queries = (
            select(signatures.c.organisation_id).where(signatures.c.person_id == person_id),
            select(ballots.c.organisation_id).where(ballots.c.person_id == person_id),
            select(audit.c.organisation_id).where(audit.c.person_id.in_(numbers), audit.c.act.in_(_ANSWERS)),
        )
        found = {int(one) for query in queries for one in self._connection.execute(query).scalars() if one}
        for merge in Merges(self._connection).standing():
            found |= {merge.kept_id} if merge.gone_id in found else set()
        return found

    def _everywhere(self, naming: Naming) -> None:
        """Erase their accounts wherever else they stand: lists, errors, what others typed."""
        for table in metadata.sorted_tables:
            if table.name in _APART:
                continue
            for column in table.columns:
                if is_text(column) and naming.addresses:
                    held = or_(*(holds(column, address) for address in naming.addresses))
                    self._retype(table, held, naming.accounts_alone)

    def _retype(
        self, table: Table, which: ColumnElement[bool], naming: Naming, *, but: Sequence[str] = ()
    ) -> None:
        """Take their names and accounts out of the texts of some rows."""
        # Where it makes a row that one and no other, it is found whole by who looks for it; or it is a label.
        texts = [
            column
            for column in table.columns
            if is_text(column) and column.name not in but and (column is _LABEL or column not in _keys(table))
        ]
        if not texts:
            return
        key = tuple(table.primary_key.columns)
        for row in self._connection.execute(select(*key, *texts).where(which)).mappings().all():
            values = {column.name: naming.without(row[column.name]) for column in texts}
            changed = {name: value for name, value in values.items() if value != row[name]}
            if changed and _LABEL in texts and _LABEL.name in changed:
                changed[_LABEL.name] += f" {row['id']}"  # two may differ in nothing else
            if changed:
                where = and_(*(column == row[column.name] for column in key))
                self._connection.execute(update(table).where(where).values(**changed))

    def _tombstone(self, person_id: int, accounts: Sequence[Address], naming: Naming, now: datetime) -> None:
        """Let what they did point at an address that is nobody's, also in what the undoing of a merge would give back."""
        own = select(addresses.c.id).where(addresses.c.person_id == person_id)
        theirs = list(self._connection.execute(own).scalars())
        none = {"person_id": person_id, "network": "", "address": "", "room": str(person_id)}
        columns = pointing_at(addresses, but=(outbox, link_codes))
        merged = Merged(self._connection)
        used = merged.holds_any(theirs) or any(
            self._connection.execute(select(column).where(column.in_(theirs)).limit(1)).first() is not None
            for column in columns
        )
        stone = self._new_id(insert(addresses), none) if used else 0
        for column in columns:
            self._connection.execute(
                update(column.table).where(column.in_(theirs)).values({column.name: stone})
            )
        trace = Trace(
            {person_id, *People(self._connection).once_were(person_id)},
            dict.fromkeys(theirs, stone),
            {(one.network, one.id): Representatives.barring(one) for one in accounts if one.is_account},
            self._answered_for(person_id),
            naming,
        )
        for organisation_id in merged.forget(trace):
            for account in accounts:
                if account.is_account:
                    Representatives(self._connection).bar(organisation_id, account, now)
