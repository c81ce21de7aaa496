"""How is it told to others?"""
