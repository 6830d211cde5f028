"""Forms as ad-hoc commands (XEP-0050) with data forms (XEP-0004): asked for and handed in by queries to our own address."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from bot.transports.base import Unreachable
from bot.transports.forms import Holder, TurnedAway
from bot.transports.xmpp import identity, stanzas
from campaign.chat import XMPP, Address, Room

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

    from bot.transports.forms import Desk, Page
    from bot.transports.xmpp.identity import Identity
    from bot.transports.xmpp.membership import Membership
    from bot.transports.xmpp.session import Session

log = logging.getLogger(__name__)

_AT_ONCE, _OF_ONE = 50, 5
"""Queries that are worked on at the same time, and of one address; who asks more is told to wait."""
_STEP = "tocsin#step"
"""A hidden field that every client hands back: by it a query that comes twice is known."""
_ERRORS = {
    "no such form": ("cancel", "item-not-found", ""),
    "no such session": ("modify", "bad-request", "session-expired"),
    "later": ("wait", "resource-constraint", ""),
}
"""Why somebody is turned away → the kind of error, its condition, and XEP-0050's own word for it."""


class AdHoc:
    """The queries that others send us: what we are, which forms there are, and the forms themselves.

    Whoever asks is the account in the sender's address, which its server vouches for, looked at in every single query.
    From behind a nick nobody gets more than the advice to come to our own address.
    """

    def __init__(
        self,
        session: Session,
        membership: Membership,
        desk: Desk | None,
        identity: Identity,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._session, self._membership, self._desk, self._identity = session, membership, desk, identity
        self._spawn = spawn
        self._working: Counter[str] = Counter()
        """How many queries of each address are worked on."""

    def on_query(self, iq: Element) -> None:
        """Take a query, in the order of the stream; never raises, whatever it is."""
        try:
            if iq.get("type") not in ("get", "set") or not iq.get("id"):
                return
            sender = stanzas.split(iq.get("from"))[0]
            if self._working.total() >= _AT_ONCE or self._working[sender] >= _OF_ONE:
                self._refuse(iq, "wait", "resource-constraint")
                return
            self._working[sender] += 1
            self._spawn(self._answer(iq, sender))
        except Exception:
            log.exception("a query could not be read and was dropped")

    async def _answer(self, iq: Element, sender: str) -> None:
        try:
            await self._reply(iq)
        except asyncio.CancelledError:
            raise
        except TurnedAway as away:
            kind, condition, more = _ERRORS[away.why]
            self._refuse(iq, kind, condition, more, str(away))
        except Unreachable:
            pass  # nobody is there any more to be answered
        except Exception:
            log.exception("a query could not be answered")
            self._refuse(iq, "wait", "internal-server-error")
        finally:
            self._working[sender] -= 1
            self._working += Counter()  # drops those that are at nothing

    async def _reply(self, iq: Element) -> None:
        sender, resource = stanzas.split(iq.get("from"))
        asked = next(iter(iq), None)
        desk = self._desk
        if asked is None:
            self._refuse(iq, "modify", "bad-request")
            return
        known = "@" in sender and resource and not self._is_a_room(sender)
        holder = Holder(
            Address(XMPP, sender),
            f"{sender}/{resource}",
            self._membership.shared_with(sender) if known else (),
        )
        if asked.tag != f"{{{stanzas.COMMANDS}}}command":
            titles = await desk.listed(holder) if desk and known and asked.get("node") else ()
            self._tell(iq, asked, titles)
        elif desk is None:
            self._refuse(iq, "cancel", "service-unavailable")
        elif self._is_a_room(sender):
            words = await desk.who_are_you(Room(XMPP, sender), self._session.jid)
            self._refuse(iq, "auth", "forbidden", "", words)
        elif not known:
            self._refuse(iq, "auth", "forbidden")
        elif iq.get("type") != "set":
            self._refuse(iq, "modify", "bad-request")
        else:
            await self._command(iq, asked, desk, holder)

    def _is_a_room(self, sender: str) -> bool:
        return sender in self._membership.rooms or self._membership.serves(stanzas.domain(sender))

    def _tell(self, iq: Element, asked: Element, titles: Sequence[tuple[str, str]]) -> None:
        node = asked.get("node", "")
        if asked.tag == f"{{{identity.ITEMS}}}query":
            self._give(iq, identity.items(node, self._session.client.boundjid.full, titles))
        elif (info := self._identity.info(node, titles)) is not None:
            self._give(iq, info)
        else:
            self._refuse(iq, "cancel", "item-not-found")

    async def _command(self, iq: Element, command: Element, desk: Desk, holder: Holder) -> None:
        node, session = command.get("node", ""), command.get("sessionid", "")
        action = command.get("action", "execute")
        if action == "cancel":
            desk.put_away(holder, session)
            self._give(iq, _command_of(node, session, "canceled"))
        elif action not in ("execute", "next", "complete"):
            self._refuse(iq, "modify", "bad-request", "bad-action")
        elif not session:
            self._show(iq, node, await desk.open(holder, node))
        else:
            step, values = _handed_in(command)
            self._show(iq, node, await desk.hand_in(holder, session, step, values))

    def _show(self, iq: Element, node: str, page: Page) -> None:
        shown = _command_of(node, page.session, "executing" if page.fields else "completed")
        if page.fields:
            actions = SubElement(shown, f"{{{stanzas.COMMANDS}}}actions", {"execute": "complete"})
            SubElement(actions, f"{{{stanzas.COMMANDS}}}complete")
        if page.refused or not page.fields:
            note = SubElement(
                shown, f"{{{stanzas.COMMANDS}}}note", {"type": "error" if page.refused else "info"}
            )
            note.text = stanzas.clean(page.words)
        if page.fields:
            shown.append(_form(page))
        self._give(iq, shown)

    # --- on the wire

    def _give(self, iq: Element, payload: Element) -> None:
        result = self._session.client.make_iq_result(id=iq.get("id"), ito=iq.get("from"))
        result.xml.append(payload)
        self._session.write(result)

    def _refuse(self, iq: Element, kind: str, condition: str, more: str = "", words: str = "") -> None:
        """Answer with an error; nothing is raised if the stream is gone."""
        answer = self._session.client.make_iq(id=iq.get("id"), ito=iq.get("from"), itype="error")
        error = SubElement(answer.xml, f"{stanzas.CLIENT}error", {"type": kind})
        SubElement(error, f"{{{stanzas.STANZAS}}}{condition}")
        if words:
            SubElement(error, f"{{{stanzas.STANZAS}}}text").text = stanzas.clean(words)
        if more:
            SubElement(error, f"{{{stanzas.COMMANDS}}}{more}")
        try:
            self._session.write(answer)
        except Unreachable:
            log.debug("nobody is there any more to be refused")


def _command_of(node: str, session: str, status: str) -> Element:
    return Element(
        f"{{{stanzas.COMMANDS}}}command",
        {"node": stanzas.clean(node), "sessionid": stanzas.clean(session), "status": status},
    )


def _handed_in(command: Element) -> tuple[int | None, dict[str, str]]:
    values = stanzas.form_values(command)
    step = values.pop(_STEP, "")
    return (int(step) if step.isascii() and step.isdigit() and len(step) < 6 else None), values  # noqa: PLR2004 - no form is that long


def _form(page: Page) -> Element:
    form = Element(f"{{{stanzas.DATA}}}x", {"type": "form"})
    SubElement(form, f"{{{stanzas.DATA}}}title").text = stanzas.clean(page.title)
    for line in page.words.split("\n"):
        SubElement(form, f"{{{stanzas.DATA}}}instructions").text = stanzas.clean(line)
    hidden = SubElement(form, f"{{{stanzas.DATA}}}field", {"type": "hidden", "var": _STEP})
    SubElement(hidden, f"{{{stanzas.DATA}}}value").text = str(page.step)
    for one in page.fields:
        field = SubElement(
            form,
            f"{{{stanzas.DATA}}}field",
            {
                "type": "list-single" if one.options else "text-single",
                "var": one.name,
                "label": stanzas.clean(one.label),
            },
        )
        if one.required:
            SubElement(field, f"{{{stanzas.DATA}}}required")
        if one.value:
            SubElement(field, f"{{{stanzas.DATA}}}value").text = stanzas.clean(one.value)
        for value, label in one.options:
            option = SubElement(field, f"{{{stanzas.DATA}}}option", {"label": stanzas.clean(label)})
            SubElement(option, f"{{{stanzas.DATA}}}value").text = stanzas.clean(value)
    return form
