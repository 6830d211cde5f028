"""From a line, a tap, a reply or a form to a command that runs or a question that is asked back."""
