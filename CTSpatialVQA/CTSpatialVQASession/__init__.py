"""What stands behind the window: a study opened by a reader, its replies, its child processes. No Qt."""
