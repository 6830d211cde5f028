"""The networks: each transport turns one into plain events and sends frozen dispatches. Nothing here knows who reads."""
