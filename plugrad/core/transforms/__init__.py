"""The levels of function transforms: nested Tensors, batched arrays, dual numbers; see core/levels.py."""
