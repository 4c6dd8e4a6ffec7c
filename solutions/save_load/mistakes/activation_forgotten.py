"""The ReLU between the two layers is missing.

Two linear layers in a row are one linear layer: a product of matrices is again a matrix. The network has more
parameters, but can do no more than `nn.Linear(20, 10)`. Apply a ReLU to the output of the first layer.

task: model
fails: mlp_computes_two_layers
zh: 两层之间忘了 ReLU。两个线性层直接相连仍然只是一个线性层，因为矩阵相乘还是矩阵：参数变多了，表达能力却与 nn.Linear(20, 10) 相同。
请对第一层的输出使用 ReLU。
"""

class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(20, 256)
        self.output = nn.Linear(256, 10)

    def forward(self, x):
        return self.output(self.hidden(x))


def save_model(net, path):
    torch.save(net.state_dict(), path)


def load_model(path):
    net = MLP()
    net.load_state_dict(torch.load(path, map_location="cpu"))
    net.eval()
    return net
