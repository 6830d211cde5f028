"""Following the organisations' files: what they alone said is taken in, changed and taken away; chat is kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from campaign.organisation import normal_form
from campaign.roster import Changes, names_to_change, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.config import RosterLine
    from campaign.chat import Address
    from storage.storage import Storage

VALUES = ("name", "website", "domain", "funded", "testimony")
"""What a line says of which there is one: the columns of the table, and the fields of a `RosterLine`."""


def follow(
    storage: Storage,
    rosters: Sequence[tuple[int, Sequence[RosterLine]]],
    now: datetime,
    ended: Sequence[RosterLine] = (),
) -> Changes:
    """Bring the files of all open campaigns (each by its id) into the database; doing it again changes nothing.

    Each value is merged between what the files said last time, what they say now, and what we hold: see
    `campaign.roster`. An organisation that stands in no file any more stays as it is, and is told once. What stands in
    the file of a campaign that has `ended` is left as it is: nothing is taken in from there, and nothing taken away.
    """
    reading = _Reading(storage, now, storage.organisations.listed(), Changes(), set())
    said = _said(reading, rosters)
    known = dict(storage.organisations.owners())
    over: dict[int, list[RosterLine]] = {}
    for line in ended:
        for organisation in {known[form] for form in map(normal_form, line.names) if form in known}:
            over.setdefault(organisation, []).append(line)
    for organisation, lines in said.items():
        # Most have not changed: of these nothing is followed, whatever was said in chat.
        if len(lines) > 1 or _listed(lines[0], _names(lines[0])) != reading.before.get(organisation):
            _Line(reading, organisation, lines, over.get(organisation, ())).follow()
    for organisation, listed in reading.before.items():
        if organisation not in said and organisation not in over and not listed.get("left"):
            storage.organisations.change(organisation, listed={**listed, "left": True})
            reading.changes.unlisted.append(storage.organisations.get(organisation).name)
    return reading.changes


def _said(
    reading: _Reading, rosters: Sequence[tuple[int, Sequence[RosterLine]]]
) -> Mapping[int, list[RosterLine]]:
    """Organisation → the lines about it; whoever is unknown is added, and each is made one of the campaign's."""
    known = dict(reading.storage.organisations.owners())
    said: dict[int, list[RosterLine]] = {}
    enrolled: dict[int, dict[int, None]] = {campaign: {} for campaign, _ in rosters}
    lines = [(campaign, line) for campaign, some in rosters for line in some]
    # First those that are known by name: whoever is left may have a new one.
    for campaign, line in sorted(lines, key=lambda one: normal_form(one[1].name) not in known):
        found = known.get(normal_form(line.name)) or _renamed(line, known, said)
        if found is None:
            found = known[normal_form(line.name)] = _added(reading, line)
        said.setdefault(found, []).append(line)
        enrolled[campaign][found] = None
    campaigns = reading.storage.campaigns
    for campaign, organisations in enrolled.items():
        members = {one.organisation_id for one in campaigns.members(campaign)}
        for organisation in organisations.keys() - members:
            campaigns.enrol(campaign, organisation, reading.now)
    return said


def _added(reading: _Reading, line: RosterLine) -> int:
    values = {column: getattr(line, column) for column in VALUES if column != "name"}
    storage = reading.storage
    added = storage.organisations.add(line.name, normal_form(line.name), reading.now, **values)
    storage.audit.note("organisation added", reading.now, organisation=added.id, by="file")
    reading.changes.added.append(line.name)
    reading.new.add(added.id)
    return added.id


def _renamed(line: RosterLine, known: Mapping[str, int], said: Iterable[int]) -> int | None:
    """The organisation to which a file gives a new name: it goes by one of the aliases, and no line is its own."""
    found = {known[form] for form in map(normal_form, line.aliases) if form in known}
    return found.pop() if len(found) == 1 and found.isdisjoint(said) else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of all files."""

    storage: Storage
    now: datetime
    before: Mapping[int, dict[str, Any]]
    """Organisation → what they said last time."""
    changes: Changes
    new: set[int]
    """Organisations that were not known before."""


class _Line:
    """What the files say of one organisation: mostly one line, several once campaigns or merges brought them together."""

    def __init__(
        self, reading: _Reading, organisation: int, lines: Sequence[RosterLine], over: Sequence[RosterLine]
    ) -> None:
        self._storage, self._now, self._changes = reading.storage, reading.now, reading.changes
        self._is_new = organisation in reading.new
        self._held = self._storage.organisations.get(organisation)
        self._line = _together(lines, self._held.name)
        self._over = over
        """What the files of campaigns that have ended say of it: nobody takes that back."""
        self._listed = reading.before.get(organisation, {})
        self._was: dict[str, str] = {}
        self._is: dict[str, str] = {}
        """What the audit says changed: not how a text changed, for it may name somebody."""

    def follow(self) -> None:
        """Merge everything, and remember what the files say now."""
        organisations, held, line = self._storage.organisations, self._held, self._line
        self._people(is_news=_listed(line, [])["people"] != self._listed.get("people"))
        self._values()
        names = self._names()
        if held.flagged:
            organisations.change(held.id, flagged=False)
        listed = _listed(line, names)
        if listed != self._listed:
            organisations.change(held.id, listed=listed)
        if self._is and not self._is_new:
            self._storage.audit.note(
                "organisation changed",
                self._now,
                organisation=held.id,
                by="file",
                before=self._was,
                after=self._is,
            )

    def _changed(self, what: str) -> None:
        if not self._is_new:
            self._changes.changed.setdefault(self._held.name, []).append(what)

    def _kept(self, what: str) -> None:
        self._changes.kept.setdefault(self._held.name, []).append(what)

    def _values(self) -> None:
        organisations = self._storage.organisations
        for column in VALUES:
            before, now = self._listed.get(column, ""), getattr(self._line, column)
            held = getattr(self._held, column)
            if not now and before and any(getattr(one, column) == before for one in self._over):
                continue
            # How a stranger spelled a name is nobody's word.
            judged = verdict(before, now, "" if column == "name" and self._held.flagged else held)
            if judged == "keep":
                self._kept(f"{column} {held or 'none'} (the file: {now or 'none'})")
            elif judged == "follow" and held != now:
                if column == "name":
                    organisations.rename(self._held.id, now, normal_form(now))
                else:
                    organisations.change(self._held.id, **{column: now})
                self._changed(f"{column} {now or 'none'} (was {held or 'none'})")
                named = column == "testimony" or (column == "name" and self._held.flagged)
                self._was[column], self._is[column] = ("", "…") if named else (held, now)
            elif column == "testimony" and now and held == now:
                organisations.change(self._held.id, testimony=now)  # whoever else stood by it

    def _names(self) -> list[str]:
        """Follow the aliases; return the names that were taken."""
        organisations = self._storage.organisations
        said = {normal_form(name): name for name in reversed(self._line.names)}
        held = {normal_form(name): name for name in organisations.names_of(self._held.id)}
        before = {normal_form(name) for name in self._listed.get("names", ())}
        gives, takes = names_to_change(before, said.keys(), held.keys())
        takes -= {normal_form(name) for one in self._over for name in one.names}
        for form in sorted(gives):
            known = organisations.find(form)
            if known is not None:
                self._changes.refused.append(
                    f"{self._held.name}: alias {said[form]}: is a name of {known.name}"
                    f" (if they are one: !org merge {self._held.name} = {known.name})"
                )
                del said[form]
                continue
            organisations.alias(self._held.id, said[form], form)
            self._changed(f"alias {said[form]}")
            self._is["aliases"] = f"{self._is.get('aliases', '')} +{said[form]}".strip()
        for form in sorted(takes - {normal_form(organisations.get(self._held.id).name)}):
            organisations.unalias(form)
            self._changed(f"no longer alias {held[form]}")
            self._is["aliases"] = f"{self._is.get('aliases', '')} -{held[form]}".strip()
        return sorted(said.values())

    def _people(self, *, is_news: bool) -> None:
        speakers, people = self._storage.representatives, self._storage.people
        wanted: dict[int, tuple[str, bool]] = {}
        for address in (*self._line.deputies, *self._line.representatives):
            if speakers.is_revoked(self._held.id, address):
                if is_news:
                    self._kept(f"{address.id} does not speak for it")
                continue
            wanted[people.ensure(address, "", self._now).id] = address.id, address in self._line.deputies
        held = {one.person_id: one for one in speakers.people(self._held.id)}
        for person, (account, deputy) in wanted.items():
            known = held.get(person)
            if known is None or known.how == "verified" or (known.how == "roster" and known.deputy != deputy):
                if not speakers.represent(self._held.id, person, "roster", self._now, deputy=deputy):
                    if is_news:
                        self._kept(f"{account} does not speak for it")
                    continue
                self._changed(f"{'deputy' if deputy else 'representative'} {account}")
                if known is None:
                    self._right(person, granted=True)
        for person in [one for one, known in held.items() if known.how == "roster" and one not in wanted]:
            self._no_longer(person)

    def _no_longer(self, person: int) -> None:
        """Let somebody whom no file names any more speak for it no longer."""
        addresses = self._storage.people.addresses(person)
        if any({*one.representatives, *one.deputies} & {*addresses} for one in self._over):
            return
        self._storage.representatives.dismiss(self._held.id, person)
        self._changed(f"no longer represented by {' '.join(one.id for one in addresses if one.is_account)}")
        self._right(person, granted=False)

    def _right(self, person: int, *, granted: bool) -> None:
        if not self._is_new:
            self._storage.audit.right(self._held.id, person, self._now, by=None, granted=granted)


def _together(lines: Sequence[RosterLine], name: str) -> RosterLine:
    """Several lines as one: the one of the canonical name first, the others fill what it leaves empty."""
    first, *others = sorted(lines, key=lambda line: normal_form(line.name) != normal_form(name))
    for other in others:
        values: dict[str, Any] = {
            column: getattr(first, column) or getattr(other, column) for column in VALUES
        } | {
            "aliases": (*first.aliases, *other.names),
            "representatives": (*first.representatives, *other.representatives),
            "deputies": (*first.deputies, *other.deputies),
        }
        first = replace(first, **values)
    return first


def _names(line: RosterLine) -> list[str]:
    """The names of a line, each once, however it is spelled."""
    return sorted({normal_form(name): name for name in reversed(line.names)}.values())


def _listed(line: RosterLine, names: Sequence[str]) -> dict[str, Any]:
    """What is remembered of a line, once these of its names were taken."""
    people = _digest((*line.representatives, None, *line.deputies))
    return {column: getattr(line, column) for column in VALUES} | {"names": list(names), "people": people}


def _digest(people: Iterable[Address | None]) -> str:
    """Something by which a change is seen, that tells nobody's account."""
    said = "\n".join("" if one is None else f"{one.network} {one.id}" for one in people)
    return hashlib.sha256(said.encode()).hexdigest()
