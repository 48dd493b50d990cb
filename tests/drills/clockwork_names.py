"""How a drill tells its programs where their clock lies, and how quickly to beat."""

FOLDER = "AFTERWORD_DRILL_FOLDER"
BEATS = "AFTERWORD_DRILL_BEATS"
"""Names of the schedule and seconds: "tick=1;send=0.5". Nothing else beats."""
