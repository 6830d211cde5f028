"""From a typed line to plain words: whether it calls the bot, which command it is, and its arguments."""
