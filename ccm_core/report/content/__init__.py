"""What a report says, before any format: summary, posture, evidence, owners."""
