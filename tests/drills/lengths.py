"""How long drills last. AFTERWORD_DRILL_OUTAGE sets the seconds of an outage."""

import os

OUTAGE = float(os.environ.get("AFTERWORD_DRILL_OUTAGE", "60"))
LONG_OUTAGE = 5 * OUTAGE
