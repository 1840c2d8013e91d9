"""Configuration: settings, urls, the server and the front command. It wires the rooms; nobody
imports it."""
