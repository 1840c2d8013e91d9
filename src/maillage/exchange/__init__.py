"""Exchange (échanges) : lists that come in and go out as files.

Holds the tables that other rooms declare (columns, keys, checks), the dry run of an import with
its report, and the all-or-nothing act. Main actions: ``plan_import``, ``apply_import``,
``export_table``. Lower rooms used: accounts, vocabulary.
"""
