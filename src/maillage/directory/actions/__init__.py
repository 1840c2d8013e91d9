"""Acts of the directory."""

from maillage.directory.actions.accounts import link_account, unlink_account
from maillage.directory.actions.finess import FinessReport, import_finess
from maillage.directory.actions.records import (
    add_authorisation,
    can_edit_group,
    close_service,
    end_authorisation,
    join_group,
    leave_group,
    reopen_service,
)

__all__ = [
    "FinessReport",
    "add_authorisation",
    "can_edit_group",
    "close_service",
    "end_authorisation",
    "import_finess",
    "join_group",
    "leave_group",
    "link_account",
    "reopen_service",
    "unlink_account",
]
