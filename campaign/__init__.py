"""The rules of a campaign as pure functions over plain values: no I/O, no clock, no await."""
