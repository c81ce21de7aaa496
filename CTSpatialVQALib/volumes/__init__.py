"""What is in the file? Readers of CT and masks, and the volume on the patient's axes."""
