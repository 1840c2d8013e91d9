"""Forms of the patients room: shapes only; rules and actions decide."""
