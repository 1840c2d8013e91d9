"""Pure computation: frozen values in, frozen values that carry their evidence out. No Django here."""
