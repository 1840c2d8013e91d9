"""Portal (portail) : the home page of each role, navigation, search, and the skeleton of pages.

Also loads a territory from a folder of files, which touches every room. Lower rooms used: all.
"""
