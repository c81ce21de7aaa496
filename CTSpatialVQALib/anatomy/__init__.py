"""Where is it in this body?"""
