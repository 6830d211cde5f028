"""What the running bot says of itself, to an operator, to a supervisor and to the administrators."""
