"""Every write to action items and what keeps them in mind."""
