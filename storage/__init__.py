"""What is true: knows no chat and no text."""
