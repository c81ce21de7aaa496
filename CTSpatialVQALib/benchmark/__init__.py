"""What is asked, about which case?"""
