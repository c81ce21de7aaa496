"""Do the published tables come out, and why are they wrong?"""
