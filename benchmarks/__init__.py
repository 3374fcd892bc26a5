"""Speed against PyTorch, in one process, interleaved: ``python -m benchmarks``."""
