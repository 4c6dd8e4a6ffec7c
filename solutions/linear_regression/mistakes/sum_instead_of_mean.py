"""The squared errors were added up, not averaged.

The loss asked for is the *mean* squared error. Its gradient does not depend on how many points there are. With the sum
the gradient is n times as large; with 50 points each step is 50 times too long, and the fit flies apart. Use `.mean()`,
or divide by the number of points.

task: fit
fails: first_step_is_right, many_steps_are_right, line_is_right, computed_in_double_precision, losses_are_recorded,
loss_falls
zh: 把平方误差求和了，没有取平均。题目要求的损失是均方误差，它的梯度大小与样本数无关。如果用 sum()，梯度会变成原来的 n 倍：
这里有 50 个样本，每一步就迈出了 50 倍的距离，训练很快就会发散。请改用 mean()，或者除以样本数。
"""

def fit(x, y, lr, steps, losses=None):
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for _ in range(steps):
        loss = ((w * x + b - y) ** 2).sum()
        loss.backward()
        if losses is not None:
            losses.append(loss.item())
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return w.detach(), b.detach()
