"""The class does not inherit from `nn.Module`.

A plain class with `__call__` computes the same values, but PyTorch does not accept it as a part of a network:
`nn.Sequential`, `.to(...)` and `state_dict()` know only modules. Write `class CenteredLayer(nn.Module):` and put the
computation into `forward`.

task: centered
fails: centered_layer_works_in_sequential
zh: 没有继承 nn.Module。普通的类加上 __call__ 也能算出同样的数值，但 PyTorch 不会把它当作网络的一部分：nn.Sequential、.to(...) 和
state_dict() 只认 Module。请写成 class CenteredLayer(nn.Module):，并把计算放进 forward 方法。
"""

class CenteredLayer:
    def __call__(self, x):
        return x - x.mean()
