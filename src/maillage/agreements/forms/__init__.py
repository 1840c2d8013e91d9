"""Forms of the agreements room: shapes only. Each gives the values that one act takes."""
