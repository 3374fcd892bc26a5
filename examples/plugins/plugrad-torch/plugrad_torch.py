"""Torch tensors as plain arrays of a plugrad backend: ``plugrad.tensor(1.0, device="torch")``.

Gradients, layers and optimizers are plugrad's: no tensor of torch's here ever requires a gradient.
"""

import plugrad

plugrad_api = (1, 0)

# Torch has the other unsigned integers by name, but hardly computes with them.
DTYPES = (
    *("bool", "uint8", "int8", "int16", "int32", "int64"),
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
)


@plugrad.hookimpl
def plugrad_backend():
    import array_api_compat.torch as xp
    import torch

    from plugrad.backends.array_api import ArrayAPIBackend, Capabilities

    class TorchBackend(ArrayAPIBackend):
        """Arrays are ``torch.Tensor``, on the CPU or on a GPU."""

        def is_array(self, value):
            return isinstance(value, torch.Tensor)

        def asarray(self, values, dtype, index, *, copy=None):
            values = values.detach() if isinstance(values, torch.Tensor) else values
            return super().asarray(values, dtype, index, copy=copy)

        def kernels(self):
            # Torch counts everything where no axis is named.
            def count_nonzero(x, *, axis=None, keepdims=False):
                return xp.sum(x != 0, axis=axis, keepdims=keepdims, dtype=torch.int64)

            return {**super().kernels(), "count_nonzero": count_nonzero}

        def to_host(self, array):
            array = array.detach().resolve_conj().resolve_neg().cpu()
            return (array.float() if array.dtype is torch.bfloat16 else array).numpy()

        def from_host(self, array, index):
            # Torch shares memory with NumPy's array, and warns of one that is protected.
            array = array if array.flags.writeable else array.copy()
            if array.dtype.name == "bfloat16":  # which NumPy has from ml_dtypes, and torch of its own
                host = torch.from_numpy(array.view("int16")).view(torch.bfloat16)
            else:
                host = torch.from_numpy(array)
            return host.to(self.raw_devices[index or 0])

        def transfer(self, array, index):
            return array.to(self.raw_devices[index or 0], copy=True)

        def copy(self, array):
            return array.clone()

        def data_pointer(self, array):
            return array.data_ptr()

        def strides(self, array):
            return array.stride()

        def owns_memory(self, array):
            return not array._is_view()

        def in_order(self, array):
            return array.is_contiguous()

        def synchronize(self, index=None):
            if self.raw_devices[index or 0].type == "cuda":
                torch.cuda.synchronize(self.raw_devices[index or 0])

        def memory_stats(self, index=None):
            where = self.raw_devices[index or 0]
            return dict(torch.cuda.memory_stats(where)) if where.type == "cuda" else {}

    gpus = [torch.device("cuda", i) for i in range(torch.cuda.device_count())]
    return TorchBackend(
        name="torch",
        namespace=xp,
        devices=("torch",),
        raw_devices=(*gpus, torch.device("cpu")),
        dtypes=DTYPES,
        # An index out of bounds stops a GPU for good, and take_along_axis takes another element: plugrad looks first.
        capabilities=Capabilities(views=True, writable=True, stable_sort=True, checks_indices=False),
    )
