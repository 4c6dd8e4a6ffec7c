"""Only the values of the dictionary were saved.

`list(d.values())` leaves the keys behind, and without them nobody can tell which tensor is which. `torch.save` takes a
dictionary as it is: `torch.save(d, path)`.

task: dicts
fails: dict_comes_back
zh: 只保存了字典的值。list(d.values()) 丢掉了键，没有键就不知道哪个张量是哪个。torch.save 可以直接保存字典：torch.save(d, path)。
"""

def save_dict(path, d):
    torch.save(list(d.values()), path)


def load_dict(path):
    return torch.load(path)
