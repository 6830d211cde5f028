"""What the bot logs in with, and as which device."""
