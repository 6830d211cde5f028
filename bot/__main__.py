"""`python -m bot` is `tocsin`."""

from bot.cli import main

if __name__ == "__main__":
    main()
