"""Exchange (échanges) : lists that come in and go out as files.

Rooms declare their lists with ``tables`` (the contract), ``cells`` (kinds of cells) and ``checks``
(shared verifications). This room reads hostile files, reports what an import would change, and
writes all or nothing. Main actions: ``plan_import``, ``apply_import``, ``import_file``; main query:
``get_export``. Lower rooms used: accounts, vocabulary.
"""
