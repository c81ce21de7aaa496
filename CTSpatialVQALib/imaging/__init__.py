"""What exactly is the model shown?"""
