"""How do new question sets come about?"""
