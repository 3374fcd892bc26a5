"""Train a small network to read handwritten digits: 1,797 scans that ship inside scikit-learn.

Run it with ``plugrad demo``, or as it stands: ``python examples/digits.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from matplotlib.figure import Figure
from safetensors.numpy import load_file, save_file
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import plugrad
from plugrad import Tensor, nn, optim

GOAL = 0.97  # test accuracy
BATCH = 64
LEARNING_RATE = 4e-3


def load_data(device: str) -> tuple[Tensor, ...]:
    """Images (8x8 grey levels, scaled to 0..1, one row each) and labels; a fifth is kept for the test."""
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype("float32")
    parts = train_test_split(images, labels, test_size=0.2, stratify=labels, random_state=0)
    return tuple(plugrad.from_numpy(part).to(device) for part in parts)


def build_model() -> nn.Module:
    return nn.Sequential(
        nn.Dropout(0.1),
        nn.Linear(64, 256),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(256, 128),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(128, 10),
    )


def train_one_epoch(
    model: nn.Module, optimizer: optim.Optimizer, images: Tensor, labels: Tensor, progress: tqdm
) -> float:
    """One pass over the images in a new order; returns the mean loss."""
    model.train()
    total = 0.0
    for batch in plugrad.randperm(len(images), device=images.device).split(BATCH):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
        progress.update()
    return total / len(images)


@plugrad.no_grad()
def predict(model: nn.Module, images: Tensor) -> Tensor:
    model.eval()
    digits: Tensor = model(images).argmax(dim=1)
    return digits


def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    return float((predict(model, images) == labels).float().mean())


def save_model(model: nn.Module, path: Path) -> None:
    save_file({name: value.cpu().numpy() for name, value in model.state_dict().items()}, path)


def load_model(path: Path) -> nn.Module:
    model = build_model()
    model.load_state_dict({name: plugrad.from_numpy(value) for name, value in load_file(path).items()})
    return model


def plot_losses(losses: list[float], path: Path) -> None:
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot(title="Handwritten digits", xlabel="epoch", ylabel="loss", yscale="log")
    axes.plot(range(1, len(losses) + 1), losses)
    figure.savefig(path)


def main(device: str = "cpu", epochs: int = 30, seed: int = 0, out: Path = Path("digits-out")) -> float:
    """Train, save, draw, load again; returns the accuracy on digits that the network has not seen."""
    plugrad.manual_seed(seed)
    train_images, test_images, train_labels, test_labels = load_data(device)
    print(f"{len(train_images)} digits to learn from, {len(test_images)} to be tested on, on {device}")

    model = build_model().to(device)
    optimizer = optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    losses, test_accuracy = [], 0.0
    steps = epochs * -(-len(train_images) // BATCH)
    # The bar is drawn in a terminal only, ten times a second at most; the lines are printed everywhere.
    with tqdm(total=steps, unit="step", mininterval=0.1, disable=not sys.stderr.isatty()) as progress:
        for epoch in range(1, epochs + 1):
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * (1 - (epoch - 1) / epochs)
            loss = train_one_epoch(model, optimizer, train_images, train_labels, progress)
            train_accuracy = accuracy(model, train_images, train_labels)
            test_accuracy = accuracy(model, test_images, test_labels)
            losses.append(loss)
            accuracies = f"train {train_accuracy:7.2%}   test {test_accuracy:7.2%}"
            progress.write(f"epoch {epoch:3d}   loss {loss:.4f}   {accuracies}")

    out.mkdir(parents=True, exist_ok=True)
    model_file, picture = out / "digits.safetensors", out / "loss.png"
    save_model(model, model_file)
    plot_losses(losses, picture)
    print(f"saved {model_file} and {picture}")

    restored = load_model(model_file).to(device)
    if not (predict(restored, test_images) == predict(model, test_images)).all():
        raise RuntimeError(f"the model read back from {model_file} predicts something else")
    print("read back from the file, the model predicts the same")
    print(f"test accuracy {test_accuracy:.2%}")
    return test_accuracy


if __name__ == "__main__":
    sys.exit(0 if main() >= GOAL else f"test accuracy is under {GOAL:.0%}")
