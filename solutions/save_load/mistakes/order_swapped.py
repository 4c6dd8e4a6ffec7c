"""The tensors come back in the wrong order.

`load_tensors` returns `y, x`. Whoever writes `x, y = load_tensors(path)` then works with the wrong tensors, and nothing
warns about it when their shapes are alike. Return them in the order in which they were saved.

task: tensors
fails: tensors_come_back
zh: 返回的顺序反了。load_tensors 返回的是 y, x，别人写 x, y = load_tensors(path) 时就会拿错张量；如果两者形状相同，还不会有任何报错。
请按保存时的顺序返回。
"""

def save_tensors(path, x, y):
    torch.save([x, y], path)


def load_tensors(path):
    x, y = torch.load(path)
    return y, x
