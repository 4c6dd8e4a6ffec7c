"""The derivatives were worked out by hand, not by autograd.

Your formulas for the two derivatives are right. But the point of this task is `loss.backward()`: autograd finds the
derivatives of any loss that you can compute, also where nobody would want to write them down. Make `w` and `b` with
`requires_grad=True`, compute the loss, call `backward()`, and read `w.grad` and `b.grad`.

task: fit
fails: gradients_come_from_autograd
zh: 导数是手工推导的，没有使用自动求导。你推导的公式没有错，但这个任务要练习的正是 loss.backward()：只要能写出损失的计算过程，
autograd 就能求出它的导数，哪怕手推起来非常繁琐。请用 requires_grad=True 创建 w 和 b，计算损失，调用 backward()，
再读取 w.grad 和 b.grad。
"""

def fit(x, y, lr, steps, losses=None):
    w = torch.zeros(1, dtype=torch.float64)
    b = torch.zeros(1, dtype=torch.float64)
    for _ in range(steps):
        error = w * x + b - y
        if losses is not None:
            losses.append((error**2).mean().item())
        w = w - lr * 2 * (error * x).mean()
        b = b - lr * 2 * error.mean()
    return w, b
