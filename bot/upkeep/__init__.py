"""What keeps a data folder in order: backups begun again from, the audit for an operator, and what is forgotten."""
