"""What stands behind the window? A study opened by a reader, its replies, its child processes. No Qt."""
