"""What Tocsin remembers: tables, migrations, queries and transactions. SQLAlchemy stays in this room."""
