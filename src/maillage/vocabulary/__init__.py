"""Words that every room shares: national codes, care types and levels, periods, the calendar, errors.

Pure Python. Nothing here knows Django, the network or the clock.
"""
