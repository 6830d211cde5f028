"""One open transaction, and the queries that can be made in it, by subject."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, cast

from storage.answers import Answers
from storage.audit import Audit
from storage.backlog import Backlog
from storage.ballots import Ballots
from storage.boards import Boards
from storage.campaigns import Campaigns
from storage.consents import Consents
from storage.deadlines import Deadlines
from storage.dispatches import Dispatches
from storage.disputes import Disputes
from storage.erasing import Erasing
from storage.forgetting import Forgetting
from storage.held import Held
from storage.inbox import Inbox
from storage.letters import Letters
from storage.lines import Lines
from storage.memory import memory_of
from storage.merges import Merges
from storage.organisations import Organisations
from storage.outbox import Outbox
from storage.own_dates import OwnDates
from storage.people import People
from storage.polls import Polls
from storage.prompts import Prompts
from storage.questions import Questions
from storage.reminders import Reminders
from storage.representatives import Representatives
from storage.rooms import Rooms
from storage.shown import Shown
from storage.signatures import Signatures
from storage.sympathies import Sympathies
from storage.undelivered import Undeliverable
from storage.unread import UnreadEvents
from storage.unsaying import Unsaying

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection


class Storage:
    """The queries of one transaction. It ends with the function it was given to, and must not outlive it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._undoing: list[Callable[[], None]] = []

    def if_undone(self, take_back: Callable[[], None]) -> None:
        """Have something outside of the database taken back, in this thread, if what is written here does not stand.

        That is known only once the transaction is committed: a full disk makes itself felt then.
        """
        self._undoing.append(take_back)

    def undone(self, since: int = 0) -> None:
        """Take back what does not stand, the latest first: all of it, or what came after so many."""
        while len(self._undoing) > since:
            self._undoing.pop()()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block wrote if it raises, and that alone.

        Said to SQLite itself: this stands around every event, and the engine's own takes several times as long.
        """
        raw = cast("sqlite3.Connection", self._connection.connection.driver_connection)
        raw.execute("SAVEPOINT block")
        before = len(self._undoing)
        try:
            yield
        except BaseException:
            # SQLite may have ended the whole transaction already (a full disk): then there is nothing to undo here.
            if raw.in_transaction:
                raw.execute("ROLLBACK TO block")
                raw.execute("RELEASE block")
            memory_of(self._connection).clear()
            self.undone(before)
            raise
        raw.execute("RELEASE block")

    @cached_property
    def answers(self) -> Answers:
        """What was answered to whom lately."""
        return Answers(self._connection)

    @cached_property
    def audit(self) -> Audit:
        """Who changed what."""
        return Audit(self._connection)

    @cached_property
    def backlog(self) -> Backlog:
        """What waits, is in doubt or could not be taken."""
        return Backlog(self._connection)

    @cached_property
    def boards(self) -> Boards:
        """The message in each room that shows how a campaign stands."""
        return Boards(self._connection)

    @cached_property
    def ballots(self) -> Ballots:
        """What organisations answered in polls."""
        return Ballots(self._connection)

    @cached_property
    def campaigns(self) -> Campaigns:
        """Campaigns and the organisations they address."""
        return Campaigns(self._connection)

    @cached_property
    def consents(self) -> Consents:
        """What people said may be done with their name and address."""
        return Consents(self._connection)

    @cached_property
    def deadlines(self) -> Deadlines:
        """When answers are wanted."""
        return Deadlines(self._connection)

    @cached_property
    def dispatches(self) -> Dispatches:
        """What left or leaves, and what became of it."""
        return Dispatches(self._connection)

    @cached_property
    def disputes(self) -> Disputes:
        """What is said against signatures."""
        return Disputes(self._connection)

    @cached_property
    def erasing(self) -> Erasing:
        """Erasing what names a person."""
        return Erasing(self._connection)

    @cached_property
    def forgetting(self) -> Forgetting:
        """Deleting what nothing can need any more."""
        return Forgetting(self._connection)

    @cached_property
    def held(self) -> Held:
        """Everything about one person."""
        return Held(self._connection)

    @cached_property
    def inbox(self) -> Inbox:
        """What has taken effect, how far each network is read, what could not be taken."""
        return Inbox(self._connection)

    @cached_property
    def letters(self) -> Letters:
        """The texts that are signed."""
        return Letters(self._connection)

    @cached_property
    def lines(self) -> Lines:
        """The list as it is exported."""
        return Lines(self._connection)

    @cached_property
    def merges(self) -> Merges:
        """Organisations that turned out to be one."""
        return Merges(self._connection)

    @cached_property
    def organisations(self) -> Organisations:
        """Organisations and their names."""
        return Organisations(self._connection)

    @cached_property
    def outbox(self) -> Outbox:
        """What is to be said and what was: intents."""
        return Outbox(self._connection)

    @cached_property
    def own_dates(self) -> OwnDates:
        """The days by which organisations said they would decide."""
        return OwnDates(self._connection)

    @cached_property
    def people(self) -> People:
        """People and their addresses."""
        return People(self._connection)

    @cached_property
    def polls(self) -> Polls:
        """Polls and their electors."""
        return Polls(self._connection)

    @cached_property
    def prompts(self) -> Prompts:
        """Questions the bot asked."""
        return Prompts(self._connection)

    @cached_property
    def questions(self) -> Questions:
        """Questions about the letter, and who waits for an answer."""
        return Questions(self._connection)

    @cached_property
    def reminders(self) -> Reminders:
        """What became of each reminder."""
        return Reminders(self._connection)

    @cached_property
    def representatives(self) -> Representatives:
        """Who speaks for organisations."""
        return Representatives(self._connection)

    @cached_property
    def rooms(self) -> Rooms:
        """Rooms and private chats."""
        return Rooms(self._connection)

    @cached_property
    def shown(self) -> Shown:
        """Where networks show polls."""
        return Shown(self._connection)

    @cached_property
    def signatures(self) -> Signatures:
        """Signatures, standing and ended."""
        return Signatures(self._connection)

    @cached_property
    def sympathies(self) -> Sympathies:
        """Thumbs up on the letter."""
        return Sympathies(self._connection)

    @cached_property
    def undelivered(self) -> Undeliverable:
        """What did not arrive, or may not have."""
        return Undeliverable(self._connection)

    @cached_property
    def unread(self) -> UnreadEvents:
        """Encrypted events whose keys have not come."""
        return UnreadEvents(self._connection)

    @cached_property
    def unsaying(self) -> Unsaying:
        """Erasing what was said to a person who is forgotten."""
        return Unsaying(self._connection)
