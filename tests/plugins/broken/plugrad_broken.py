"""A plugin that can't be imported."""

raise ImportError("libbroken.so.1: cannot open shared object file")
