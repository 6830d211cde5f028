"""The servers of the live tests: each started once, when first needed."""

from tests.live.fixtures_matrix import alice, bruno, carla, sealed_room, synapse_server
from tests.live.fixtures_xmpp import alix, place, prosody_server, xmpp_person

__all__ = [
    "alice",
    "alix",
    "bruno",
    "carla",
    "place",
    "prosody_server",
    "sealed_room",
    "synapse_server",
    "xmpp_person",
]
