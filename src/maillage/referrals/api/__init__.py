"""Requests by JSON: the same acts and reads as the pages, and no rule of its own.

Literal addresses come before those that hold the key of a request.
"""

from maillage.referrals.api.acts import router as acts
from maillage.referrals.api.asking import router as asking
from maillage.referrals.api.figures import router as figures
from maillage.referrals.api.letters import router as letters
from maillage.referrals.api.lists import router as lists
from maillage.referrals.api.pieces import router as pieces
from maillage.referrals.api.requests import router as requests

routers = (lists, figures, asking, pieces, letters, acts, requests)
"""In the order in which addresses are looked at."""
