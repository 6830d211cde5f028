"""What a person can ask, and what happens then: one file per command, and the menu that lists them."""
