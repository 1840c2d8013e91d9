"""Reads of the agreements room.

``facts`` gives rules their values, ``network`` the clauses to the coverage engine, ``lists`` the
pages of many agreements, ``records`` the page of one, ``snapshots`` the text of a version.
"""
