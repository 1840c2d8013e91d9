"""Patients : who they are, who cares for them, and why somebody may read their record.

Holds identities with their INS traits and states (identité), care links of establishments and
teams (prise en charge, cercle de soins), consents and oppositions (consentement), emergency
openings (bris de glace) with their review, pairs of records that may be one person (doublons) and
mergers that can be undone. Main actions: ``create_patient``, ``open_link``, ``record_consent``,
``break_glass``, ``merge_patients``. Every reading goes through ``actions.reading``: it computes the
legal basis of the reader, refuses without one, and writes the audit line. Beside the drawers:
``sections`` (what upper rooms keep of a patient: they register it, for exports, erasure and
mergers). Lower rooms used: directory, territory, jobs, accounts, vocabulary.
"""
