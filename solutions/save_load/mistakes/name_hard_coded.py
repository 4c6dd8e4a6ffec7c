"""The file always has the same name.

The functions ignore `path` and use a name of their own. With one file that goes unnoticed; the second call overwrites
what the first one saved. Pass `path` on to `torch.save` and `torch.load`.

task: tensors
fails: tensors_come_back, missing_file_raises
zh: 文件名写死了。函数没有使用参数 path，而是一直用自己的文件名。只有一个文件时看不出问题，但第二次保存就会覆盖第一次的内容。
请把 path 传给 torch.save 和 torch.load。
"""

def save_tensors(path, x, y):
    torch.save([x, y], "x-file")


def load_tensors(path):
    x, y = torch.load("x-file")
    return x, y
