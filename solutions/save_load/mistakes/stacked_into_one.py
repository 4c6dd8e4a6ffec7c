"""Both tensors were stacked into one.

`torch.stack` makes one tensor out of two, so both need the same shape and get the same dtype: with other inputs it
raises, or turns whole numbers into floats. `torch.save` takes a list as it is: `torch.save([x, y], path)`.

task: tensors
fails: tensors_come_back
zh: 把两个张量堆叠成了一个。torch.stack 会把两个张量合成一个，因此要求形状相同，dtype 也会被统一：换一组输入就会报错，或者整数变成浮点数。
torch.save 可以直接保存列表：torch.save([x, y], path)。
"""

def save_tensors(path, x, y):
    torch.save(torch.stack([x, y]), path)


def load_tensors(path):
    x, y = torch.load(path)
    return x, y
