"""A strict imitation of 3D Slicer for tests: PySide6 that behaves like PythonQt, over the real MRML."""
