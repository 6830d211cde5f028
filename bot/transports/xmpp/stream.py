"""The library's client, fed by whole tags and giving whole ones: many XML parsers keep back what follows half a long one."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from slixmpp import ClientXMPP

if TYPE_CHECKING:
    from slixmpp.xmlstream import StanzaBase

log = logging.getLogger(__name__)

_TAG = re.compile(rb"<[^>]*>")


class Client(ClientXMPP):
    """A client that hears a stanza as soon as its last byte is there, and whose stanzas its server hears so too.

    Since the repair of CVE-2023-52425 (expat 2.6; Debian 12 has it in its 2.5) the parser looks at half a tag again only
    once twice as much has come. One stanza with a long attribute, from anybody, and nothing more was heard until
    thousands of other bytes had followed. Python's way to switch that off is newer than the Python there. So what
    follows the last `>` is kept until its own has come; servers escape that sign in attributes.

    The server's parser is of that kind too. An answer that quotes a stranger's long attribute, or any tag its reading
    happens to cut, would keep back whatever the bot says after it: so each stanza is followed by as much white space as
    its longest tag lacks (RFC 6120, 4.6.1, lets it stand there; 5.3.3 and 6.3.5 not before the login is done).
    """

    _held = b""

    def init_parser(self) -> None:
        """Begin a stream: what was left of another is none of its."""
        self._held = b""
        super().init_parser()

    def data_received(self, data: bytes | str) -> None:
        """Take what came, as far as its tags are whole."""
        came = self._held + (data.encode() if isinstance(data, str) else data)
        whole = came.rfind(b">") + 1
        self._held = came[whole:]
        if whole:
            super().data_received(came[:whole])

    def abort(self) -> None:
        """End the connection at once, however often that is asked.

        The library closes before it aborts. A TLS transport that is closed a second time forgets its connection: it is
        not aborted any more, and whatever is still written to it raises an AttributeError.
        """
        if self.transport is not None and self.transport.is_closing():
            self.transport.abort()
        else:
            super().abort()

    def recv_stanza(self, stanza: StanzaBase) -> None:
        """Have a stanza handled; one that the library stumbles over while it answers is dropped, not the stream.

        It copies what it is to refuse, whole, with a call of its own for each level in which that is nested.
        """
        try:
            super().recv_stanza(stanza)
        except Exception as error:  # noqa: BLE001 - whatever it is, a stranger has chosen it
            log.warning("a stanza could not be answered and was dropped (%s)", type(error).__name__)

    def send_raw(self, data: str | bytes) -> None:
        """Send data as it is, and what makes a server look at its last tags."""
        sent = data.encode() if isinstance(data, str) else data
        super().send_raw(sent + b" " * lacking(sent) if self.authenticated else sent)


def lacking(xml: bytes) -> int:
    """How many bytes have to follow, so that behind the start of each tag twice its length has come."""
    return max((tag.end() - tag.start() - (len(xml) - tag.end()) for tag in _TAG.finditer(xml)), default=0)
