"""Tools for work on plugrad, run from the checkout: ``python -m tools.NAME``."""
