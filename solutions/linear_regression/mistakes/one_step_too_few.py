"""The loop takes one step less than asked for.

`range(1, steps)` runs from 1 to `steps - 1`, so the loop's body is executed `steps - 1` times. For exactly `steps`
steps write `range(steps)`, which starts at 0, or `range(1, steps + 1)`.

task: fit
fails: first_step_is_right, many_steps_are_right, line_is_right, computed_in_double_precision, losses_are_recorded
zh: 少迭代了一步。range(1, steps) 只取 1 到 steps - 1，循环体一共执行 steps - 1 次。要正好迭代 steps 次，请写 range(steps)
（从 0 开始），或者 range(1, steps + 1)。
"""

def fit(x, y, lr, steps, losses=None):
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for _ in range(1, steps):
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        if losses is not None:
            losses.append(loss.item())
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return w.detach(), b.detach()
