"""What people may type, and what of it we accept."""
