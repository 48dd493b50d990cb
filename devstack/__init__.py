"""Everything Afterword needs on one machine, from one command: `python -m devstack`.

It finds PostgreSQL and Valkey (or Redis), starts them under `var/`, and keeps them, the
web process, the worker and the scheduler together until it is stopped. Only Python's
standard library is used, so that it can speak before anything else works.

    __main__     the commands: run, exec, reset, browser
    running      what `run` and `exec` do, from the lock to the last process stopped
    application  database brought up to date, demo, web, worker, scheduler
    servers      PostgreSQL and Redis: those given, else those started here
    supervisor   the processes that belong together, and the order in which they stop
    guardian     outlives a killed supervisor just long enough to stop what it started
"""
