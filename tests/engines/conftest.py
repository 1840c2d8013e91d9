"""The engines' tests also run alone, where Django is not installed: nothing here may need it."""

import tests.hypothesis_profile  # noqa: F401
