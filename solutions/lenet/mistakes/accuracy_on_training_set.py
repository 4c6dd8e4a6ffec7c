"""The accuracy was computed on the training images.

The network has seen these images twenty times, so it knows some of them by heart; the accuracy on them says little about
new ones and is nearly always too high. Test with images that took no part in the training: `test_images` and
`test_labels`.

task: result
fails: test_accuracy_is_that_of_the_test_images
zh: 准确率是在训练集上计算的。这些图像网络已经看过二十遍，有些早就“背下来”了，在它们上面的准确率几乎总是偏高，说明不了网络认识新图像的能力。
请用没有参与训练的图像来测试，也就是 test_images 和 test_labels。
"""

torch.manual_seed(0)
net = LeNet()
train(net, train_images.unsqueeze(1) / 255, train_labels)
predictions = predict(net, train_images.unsqueeze(1) / 255)
test_accuracy = (predictions == train_labels).float().mean().item()
