"""Grad mode belongs to the task: PyTorch's belongs to the thread, and leaks from one task into another."""

from __future__ import annotations

import asyncio

from tests.support.library import differs_from_torch, torch


@differs_from_torch("its grad mode belongs to the thread, not to the task")
def test_tasks_do_not_see_each_others_mode() -> None:
    seen: dict[str, bool] = {}

    async def without() -> None:
        with torch.no_grad():
            await asyncio.sleep(0)
            seen["without"] = torch.is_grad_enabled()
            await asyncio.sleep(0)

    async def beside() -> None:
        await asyncio.sleep(0)
        seen["beside"] = torch.is_grad_enabled()
        await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(without(), beside())
        seen["after"] = torch.is_grad_enabled()

    asyncio.run(main())
    assert seen == {"without": False, "beside": True, "after": True}


@differs_from_torch("its grad mode belongs to the thread, not to the task")
def test_task_left_in_another_mode_does_not_leak() -> None:
    async def forgetful() -> None:
        torch.set_grad_enabled(False)

    async def main() -> bool:
        await asyncio.create_task(forgetful())
        return torch.is_grad_enabled()

    assert asyncio.run(main())
    assert torch.is_grad_enabled()


def test_gradients_of_interleaved_tasks() -> None:
    async def train(start: float) -> float:
        x = torch.tensor([start], requires_grad=True)
        for _ in range(5):
            y = (x * x).sum()
            await asyncio.sleep(0)
            y.backward()
        return float(x.grad.item())

    async def main() -> list[float]:
        return list(await asyncio.gather(*(train(float(i)) for i in range(4))))

    assert asyncio.run(main()) == [0.0, 10.0, 20.0, 30.0]
