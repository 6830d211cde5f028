"""From what a network gave to one transaction: events, what comes of them, and where the answers go."""
