"""The gradients of earlier steps were never cleared.

PyTorch adds every new gradient to what is already in `.grad`. Without `w.grad.zero_()` each step uses the sum of all
gradients so far, so the steps keep growing and the line swings past its goal, back and forth. Clear `w.grad` and
`b.grad` once in every step, before the next `backward()`.

task: fit
fails: many_steps_are_right, line_is_right, computed_in_double_precision, losses_are_recorded, loss_falls
zh: 没有清零梯度。PyTorch 的 backward() 会把新算出的梯度累加到 .grad 上，而不是覆盖旧值。如果不调用 w.grad.zero_()，
每一步用的都是此前所有梯度之和，步子越迈越大，直线就会在最优位置两侧来回摆动。请在每次迭代中、下一次 backward() 之前，
把 w.grad 和 b.grad 清零。
"""

def fit(x, y, lr, steps, losses=None):
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for _ in range(steps):
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        if losses is not None:
            losses.append(loss.item())
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
    return w.detach(), b.detach()
