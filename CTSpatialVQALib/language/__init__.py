"""What does the text say?"""
