"""From the outbox to a network: claimed, merged, frozen, carried to its end, at the pace that a server allows."""
