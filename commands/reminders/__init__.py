"""Who is reminded, of what, when and where, and what would be said if nobody answered until then."""
