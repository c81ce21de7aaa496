"""What was said, by whom, seen how?"""
