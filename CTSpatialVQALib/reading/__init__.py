"""What does the reader do?"""
