"""How devstack says no."""


class CannotStart(Exception):
    """Something is in the way; the message is for people, in one or two sentences."""
