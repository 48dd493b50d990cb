"""Benchmarks of live editing: two web processes, PostgreSQL that flushes, real pages.

`make bench-live` prints one JSON object a line: name, value, unit, target, ok, and how
idle the machine was. It never fails a build; the numbers are for people, and hold on an
otherwise idle machine. `make bench-live ARGS="editors rows"` measures some parts alone.

    database   a new one, on a server that flushes
    stage      people, a report, web processes
    machine    what the processes and the machine use
    sockets    a websocket that costs its own process little
    crowd      editors that type, readers that look on
    load       keystroke to keystroke with 50 editors, 500 and 1,000 readers; a storm
    faults     Redis away, a process killed, a reader who does not read
    pages      two real Chromium pages: a key, and a row
    opening    a report with 20,000 updates
"""
