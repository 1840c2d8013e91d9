"""Pages of the pathways room: ``reading`` for everyone, ``writing`` for those who may edit."""
