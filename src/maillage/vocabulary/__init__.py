"""Words that all rooms share: national codes, care types and levels, periods, calendar, errors.

Pure Python. Nothing here knows Django, the network or the clock.
"""
