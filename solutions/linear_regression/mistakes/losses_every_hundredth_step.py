"""Only every hundredth loss was recorded.

Printing the loss every 100 steps keeps the output short. The list, however, should hold the loss of every step: take
`losses.append(...)` out of the `if`, and keep only the `print` inside.

task: fit
fails: losses_are_recorded
zh: 每 100 步才记录一次损失。每隔 100 步打印一次可以让输出简短一些，但 losses 应当包含每一步的损失。请把 losses.append(...) 移到
if 语句外面，只把 print 留在里面。
"""

def fit(x, y, lr, steps, losses=None):
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for step in range(steps):
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        if step % 100 == 0 and losses is not None:
            print(loss.item())
            losses.append(loss.item())
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return w.detach(), b.detach()
