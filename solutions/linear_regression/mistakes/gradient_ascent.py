"""Each step goes uphill.

The gradient points in the direction in which the loss *grows* fastest. To make the loss smaller, subtract
`lr * w.grad`; with a plus sign each step makes the line worse, and the loss explodes.

task: fit
fails: first_step_is_right, many_steps_are_right, line_is_right, computed_in_double_precision, losses_are_recorded,
loss_falls
zh: 更新方向反了。梯度指向损失增长最快的方向，要让损失变小，应当减去 lr * w.grad。如果写成加号，每一步都会让直线变得更差，
损失会越来越大，直至溢出。
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
            w += lr * w.grad
            b += lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return w.detach(), b.detach()
