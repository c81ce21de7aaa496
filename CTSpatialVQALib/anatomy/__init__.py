"""What do the words point at, and where is it in this body?"""
