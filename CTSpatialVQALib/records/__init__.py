"""What passes from room to room: every type, its ids and its JSON Schema."""
