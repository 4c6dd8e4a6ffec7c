"""The pixels were not scaled to values from 0 to 1.

Values up to 255 drive the sigmoids into their flat ends, where hardly any gradient is left. And a network that was
trained on such values does not know what to do with pixels from 0 to 1, which are nearly black to it. Divide by 255,
for training and for testing alike.

task: result
fails: test_accuracy_is_that_of_the_test_images, hidden_digits_are_recognised
zh: 像素没有缩放到 0 到 1 之间。高达 255 的输入会让 Sigmoid 进入两端平坦的饱和区，几乎没有梯度。而且用这样的数据训练出来的网络，遇到 0 到 1
之间的像素就不知所措了，因为这些值在它看来几乎全是 0。训练和测试时都要除以 255。
"""

torch.manual_seed(0)
net = LeNet()
train(net, train_images.unsqueeze(1).float(), train_labels)
predictions = predict(net, test_images.unsqueeze(1).float())
test_accuracy = (predictions == test_labels).float().mean().item()
