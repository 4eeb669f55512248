"""What an answer hangs on: sensitivity to inputs, and a change shared out over its causes."""
