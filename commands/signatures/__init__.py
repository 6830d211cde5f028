"""What becomes of it when somebody signs, stands by a signature, disputes it or ends it, and how many there are."""
