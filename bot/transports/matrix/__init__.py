"""The Matrix transport: a homeserver's client-server API, nothing lost and nothing doubled."""

from bot.transports.matrix.transport import MatrixTransport

__all__ = ["MatrixTransport"]
