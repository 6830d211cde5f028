"""The library's client, fed by whole tags: with some XML parsers half a long one would keep everything behind it back."""

from __future__ import annotations

from slixmpp import ClientXMPP


class Client(ClientXMPP):
    """A client that hears a stanza as soon as its last byte is there.

    Since the repair of CVE-2023-52425 (expat 2.6; Debian 12 has it in its 2.5) the parser looks at half a tag again only
    once twice as much has come. One stanza with a long attribute, from anybody, and nothing more was heard until
    thousands of other bytes had followed. Python's way to switch that off is newer than the Python there. So what
    follows the last `>` is kept until its own has come; servers escape that sign in attributes.
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
