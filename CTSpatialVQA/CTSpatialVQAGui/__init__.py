"""What does the reader see and press? Panels of the module's window, one per file; they know no MRML."""
