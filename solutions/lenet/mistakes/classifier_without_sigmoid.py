"""There is no sigmoid between the linear layers.

Two linear layers in a row without a function between them are just one linear layer: $W_2 (W_1 x) = (W_2 W_1) x$. The
sigmoid in between is what makes a deep network more than that. In LeNet one follows the layer of 120 and one the layer
of 84; only the last layer has none.

task: network
fails: same_parameters_same_logits
zh: 线性层之间没有 Sigmoid。两个线性层直接相连，中间没有非线性函数，就只相当于一个线性层：$W_2 (W_1 x) = (W_2 W_1) x$。正是中间的激活函数
让深层网络有了更强的表达能力。LeNet 在 120 和 84 这两层之后各有一个 Sigmoid，只有最后一层之后没有。
"""

class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = nn.functional.avg_pool2d(torch.sigmoid(self.conv1(x)), 2)
        x = nn.functional.avg_pool2d(torch.sigmoid(self.conv2(x)), 2)
        x = x.flatten(1)
        x = self.fc1(x)
        x = self.fc2(x)
        return self.fc3(x)
