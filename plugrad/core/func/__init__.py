"""Function transforms: functions made of functions, by derivatives (gradients, jacobians) and by batches (vmap)."""
