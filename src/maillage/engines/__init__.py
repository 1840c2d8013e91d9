"""Pure computation: frozen values in, frozen values with their evidence out. No Django here."""
