"""The issues of an action on its own page: made, linked, settled, let go."""
