"""The invented year of the example: people who look invented, what is asked of their cases, and how
long each side takes. Pure: a seeded source of chance in, values out."""
