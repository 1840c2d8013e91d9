"""Acts of the workforce room. Each checks right and rule, writes, and leaves its line in the audit
trail, in one transaction. No line names a candidate, an age or a status."""
