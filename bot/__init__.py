"""Everything that touches the world: command line, config, networks, clock, delivery and wording."""
