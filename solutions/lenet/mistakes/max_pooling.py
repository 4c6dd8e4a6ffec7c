"""Maximum pooling stands where average pooling is asked for.

Both make the picture half as wide and half as high. Maximum pooling keeps the largest of four values, average pooling
their mean. The shapes are the same, so nothing complains, but the same parameters give other logits. Use
`nn.AvgPool2d(2)`.

task: network
fails: same_parameters_same_logits
zh: 该用平均池化的地方用了最大池化。两者都把图像的高和宽减半，但最大池化取四个值中的最大值，平均池化取它们的平均值。输出形状一样，
程序不会报错，可是参数相同，输出却不同。请使用 nn.AvgPool2d(2)。
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
        x = nn.functional.max_pool2d(torch.sigmoid(self.conv1(x)), 2)
        x = nn.functional.max_pool2d(torch.sigmoid(self.conv2(x)), 2)
        x = x.flatten(1)
        x = torch.sigmoid(self.fc1(x))
        x = torch.sigmoid(self.fc2(x))
        return self.fc3(x)
