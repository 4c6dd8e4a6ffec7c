"""Only the slope learns; the intercept stays at zero.

`backward()` fills `b.grad` as well, but nothing happens to `b` until you subtract `lr * b.grad` from it. A line without
an intercept must go through the origin: children of age 0 would be 0 metres tall. Update every parameter in every step.

task: fit
fails: first_step_is_right, many_steps_are_right, line_is_right, computed_in_double_precision
zh: 只更新了斜率 w，没有更新截距 b。backward() 同样会算出 b.grad，但如果不执行 b -= lr * b.grad，b 就一直是 0。没有截距的直线
必然经过原点，相当于说 0 岁的孩子身高为 0 米。每一步都要更新所有参数。
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
        w.grad.zero_()
        b.grad.zero_()
    return w.detach(), b.detach()
