"""The error of a missing file is caught and hidden.

`load_tensors` returns `None` when there is no file. The program goes on and fails later, somewhere else, with a message
that says nothing about the file. An error that you cannot mend is best left alone: do not catch it.

task: tensors
fails: missing_file_raises
zh: 文件不存在时，错误被捕获并隐藏了。load_tensors 在找不到文件时返回 None，程序继续往下运行，之后在别的地方出错，而报错信息与文件毫无关系。
自己处理不了的错误不要捕获，让它直接抛出来。
"""

def save_tensors(path, x, y):
    torch.save([x, y], path)


def load_tensors(path):
    try:
        x, y = torch.load(path)
    except FileNotFoundError:
        print("there is no such file")
        return None
    return x, y
