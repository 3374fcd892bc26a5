"""Models and their steps, written once for plugrad and for PyTorch: ``lib`` is either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Step = Callable[[], Any]


def _training(lib: Any, model: Any, x: Any, target: Any, lr: float = 1e-3) -> Step:
    optimizer = lib.optim.Adam(model.parameters(), lr=lr)

    def step() -> Any:
        optimizer.zero_grad()
        loss = lib.nn.functional.cross_entropy(model(x), target)
        loss.backward()
        optimizer.step()
        return loss

    return step


def mlp(lib: Any, device: str, *, small: bool) -> Step:
    """784-2048-2048-10, batch 256."""
    width, batch = (16, 4) if small else (2048, 256)
    nn = lib.nn
    model = nn.Sequential(
        nn.Linear(784, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)
    ).to(device)
    return _training(lib, model, lib.randn(batch, 784, device=device), lib.arange(batch, device=device) % 10)


def lenet(lib: Any, device: str, *, small: bool) -> Step:
    """LeNet-5 on 28x28 images, batch 256."""
    batch = 2 if small else 256
    nn = lib.nn
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    ).to(device)  # fmt: skip
    return _training(lib, model, lib.randn(batch, 1, 28, 28, device=device), lib.arange(batch, device=device) % 10)


def transformer(lib: Any, device: str, *, small: bool) -> Step:
    """A block of attention and MLP, 512 wide, 8 heads, 16 sequences of 256."""
    batch, length, width, heads = (2, 4, 8, 2) if small else (16, 256, 512, 8)
    nn, functional = lib.nn, lib.nn.functional

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
            self.head = nn.Linear(width, 10)

        def forward(self, x: Any) -> Any:
            parts = self.qkv(self.before(x)).reshape(batch, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            y = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_causal=True)
            x = x + self.out(y.transpose(1, 2).reshape(batch, length, width))
            x = x + self.mlp(self.after(x))
            return self.head(x).reshape(batch * length, 10)

    target = lib.arange(batch * length, device=device) % 10
    return _training(lib, Block().to(device), lib.randn(batch, length, width, device=device), target)


MODELS: dict[str, Callable[..., Step]] = {"MLP": mlp, "LeNet": lenet, "transformer block": transformer}
