"""Pages of the workforce room. Each loads, checks permission, checks the shape, makes one call and
answers."""
