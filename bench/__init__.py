"""Benchmarks: what pages cost with 10,000 incidents and 200,000 timeline entries.

`make bench` prints one JSON object a line: name, value, unit, target, ok. It never
fails a build; the numbers are for people, and hold on an otherwise idle machine.
"""
