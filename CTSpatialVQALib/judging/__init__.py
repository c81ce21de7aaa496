"""What do other models say of an answer?"""
