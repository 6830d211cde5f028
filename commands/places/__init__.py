"""Rooms the bot enters, follows and leaves, and the two sides of a bridged one."""
