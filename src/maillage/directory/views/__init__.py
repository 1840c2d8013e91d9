"""Pages of the directory room."""

from maillage.directory.views.accounts import account, unlink_account
from maillage.directory.views.acts import close, finess, join, leave, reopen
from maillage.directory.views.lists import (
    directory_map,
    groups,
    organization_suggestions,
    organizations,
    organizations_csv,
    practitioners,
    practitioners_csv,
    services,
    services_csv,
)
from maillage.directory.views.records import (
    group,
    organization,
    practitioner,
    service,
    site,
    team,
)

__all__ = [
    "account",
    "close",
    "directory_map",
    "finess",
    "group",
    "groups",
    "join",
    "leave",
    "organization",
    "organization_suggestions",
    "organizations",
    "organizations_csv",
    "practitioner",
    "practitioners",
    "practitioners_csv",
    "reopen",
    "service",
    "services",
    "services_csv",
    "site",
    "team",
    "unlink_account",
]
