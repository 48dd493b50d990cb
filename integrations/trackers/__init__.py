"""Issues of trackers that stand for actions: both ways, without doubles or echoes."""
