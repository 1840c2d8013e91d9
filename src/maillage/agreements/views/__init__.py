"""Pages of the agreements room: reading, the text, the life. Each loads, checks permission, checks
the shape, makes one call and answers."""
