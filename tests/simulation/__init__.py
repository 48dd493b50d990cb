"""Long stretches of time in process, with the clock passed in."""
