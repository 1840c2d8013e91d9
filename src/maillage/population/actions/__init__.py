"""Acts of the population room."""

from maillage.population.actions.computing import (
    ask_for_computation,
    cancel_computation,
    compute_results,
    delete_computation,
    show_computation,
)
from maillage.population.actions.datasets import (
    accept_version,
    create_data_set,
    delete_data_set,
    delete_version,
    refuse_version,
    retire_version,
    use_version,
)
from maillage.population.actions.defining import (
    ask_for_preview,
    preview_definition,
    publish_definition,
    retire_definition,
    save_definition,
)
from maillage.population.actions.exporting import ExportedFile, export, register
from maillage.population.actions.following import follow_jobs, tidy_folders
from maillage.population.actions.inventing import (
    ask_for_invention,
    invent_and_compute,
    invent_version,
    note_invention,
)
from maillage.population.actions.loading import ask_to_load, cancel_loading, load_version
from maillage.population.actions.printing import export_profile
from maillage.population.actions.targeting import ask_for_list, close_list, read_list, take_list

__all__ = [
    "ExportedFile",
    "accept_version",
    "ask_for_computation",
    "ask_for_invention",
    "ask_for_list",
    "ask_for_preview",
    "ask_to_load",
    "cancel_computation",
    "cancel_loading",
    "close_list",
    "compute_results",
    "create_data_set",
    "delete_computation",
    "delete_data_set",
    "delete_version",
    "export",
    "export_profile",
    "follow_jobs",
    "invent_and_compute",
    "invent_version",
    "load_version",
    "note_invention",
    "preview_definition",
    "publish_definition",
    "read_list",
    "refuse_version",
    "register",
    "retire_definition",
    "retire_version",
    "save_definition",
    "show_computation",
    "take_list",
    "tidy_folders",
    "use_version",
]
