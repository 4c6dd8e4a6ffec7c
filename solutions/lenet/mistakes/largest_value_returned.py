"""`predict` returns the largest logit, not its place.

`torch.max(logits, dim=1)` gives two tensors: the largest values first, then their indices. The class is the index, so
take the second one, or simply use `logits.argmax(dim=1)`.

task: predict
fails: predict_gives_the_largest_logit, test_accuracy_is_that_of_the_test_images
zh: predict 返回的是最大的 logit，而不是它的位置。torch.max(logits, dim=1) 返回两个张量，先是最大值，后是最大值的下标。类别是下标，
应当取第二个，或者直接用 logits.argmax(dim=1)。
"""

def predict(net, images):
    with torch.no_grad():
        values, _ = torch.max(net(images), dim=1)
    return values
