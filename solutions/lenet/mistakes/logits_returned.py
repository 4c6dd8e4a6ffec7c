"""`predict` returns the logits, not the classes.

The network gives ten numbers for each image. The predicted class is the place of the largest one, so one number an
image: `logits.argmax(dim=1)`.

task: predict
fails: predict_gives_the_largest_logit, test_accuracy_is_that_of_the_test_images
zh: predict 返回的是 logits，不是类别。网络对每张图像给出十个数，其中最大的那个数所在的位置才是预测的类别，每张图像只对应一个整数：
logits.argmax(dim=1)。
"""

def predict(net, images):
    with torch.no_grad():
        return net(images)
