"""The XMPP network: rooms (XEP-0045) and direct chats, read from their archives so that nothing is missed."""

from bot.transports.xmpp.transport import XmppTransport

__all__ = ["XmppTransport"]
