"""Pages of the patients room: finding, the record, emergencies, accesses, duplicates. Each loads,
checks permission, checks the shape, makes one call and answers. No address and no page title holds
a trait of anybody."""
