"""Files that come in: from the deposit folder of the server, or over the web."""

from maillage.population.imports.deposit import (
    Deposit,
    DepositFolder,
    find_folder,
    list_folders,
    prepare_deposit,
    read_deposit,
)
from maillage.population.imports.received import keep_files

__all__ = [
    "Deposit",
    "DepositFolder",
    "find_folder",
    "keep_files",
    "list_folders",
    "prepare_deposit",
    "read_deposit",
]
