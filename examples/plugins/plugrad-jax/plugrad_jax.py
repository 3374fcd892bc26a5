"""JAX as a plugrad backend: ``plugrad.tensor(1.0, device="jax")``."""

import os

import plugrad

plugrad_api = (1, 0)


@plugrad.hookimpl
def plugrad_backend():
    import jax
    import jax.numpy as jnp
    import numpy as np

    from plugrad.backends.array_api import ArrayAPIBackend, Capabilities

    # PyTorch's integers are int64, and gradients are checked in float64: JAX has neither unless it is told to.
    if "JAX_ENABLE_X64" not in os.environ:
        jax.config.update("jax_enable_x64", True)

    class JaxBackend(ArrayAPIBackend):
        """Arrays are ``jax.Array``, which are never written."""

        def kernels(self):
            # The standard has no scatter; the definitions over it take many steps, each compiled for each shape.
            def basic_put(x, value, *, key):
                return x.at[key].set(value)

            def index_accumulate(x, arrays, *, axes, shape):
                # The indices were in bounds when their elements were read: this is the gradient of that.
                found = dict(zip(axes, arrays, strict=True))
                key = tuple(found.get(axis, slice(None)) for axis in range(len(shape)))
                return jnp.zeros(shape, x.dtype, device=x.device).at[key].add(x)

            return {**super().kernels(), "basic_put": basic_put, "index_accumulate": index_accumulate}

        def is_array(self, value):
            return isinstance(value, jax.Array)

        def to_host(self, array):
            host = np.asarray(array)
            return host.astype("float32") if host.dtype.name == "bfloat16" else host

        def from_host(self, array, index):
            return jax.device_put(array, self.raw_devices[index or 0])

        def transfer(self, array, index):
            return jax.device_put(array, self.raw_devices[index or 0], may_alias=False)

        def data_pointer(self, array):
            return array.unsafe_buffer_pointer()

        def synchronize(self, index=None):
            for array in jax.live_arrays():
                if index is None or self.raw_devices[index] in array.devices():
                    array.block_until_ready()

        def memory_stats(self, index=None):
            return dict(self.raw_devices[index or 0].memory_stats() or {})

    return JaxBackend(
        name="jax",
        namespace=jnp,
        devices=("jax",),
        raw_devices=tuple(jax.devices()),
        capabilities=Capabilities(writable=False, views=False, stable_sort=True),
    )
