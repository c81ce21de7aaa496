"""Was it right, and how sure are we?"""
