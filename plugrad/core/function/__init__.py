"""``autograd.Function``: ops of the user's own, with a derivative that the user writes."""
