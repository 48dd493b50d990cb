"""A made-up organisation with a year of incidents, for whoever sees Afterword first.

    people.py     who there is, which teams and which services
    reports/      what happened, one report a file, with placeholders for its days
    stories.py    when each happened, from the day on which the demo is loaded
    lives.py      what came of each since: joined, revised, published, settled
    sign_ins.py   who can sign in, with passwords made up anew each time
    loading.py    writes all of it, or nothing

Merrowfield, its people and its incidents are invented; so are all addresses.
"""
