"""Risk acceptances: written to the waivers file, approved, refused, withdrawn."""
