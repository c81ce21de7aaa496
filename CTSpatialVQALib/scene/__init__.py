"""How does Slicer show it?"""
