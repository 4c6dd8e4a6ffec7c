"""A faulty file of labels goes unnoticed.

The magic number 2049 says that a file holds labels, and the number after it says how many. A function that compares
neither takes a file of images, or half a file, and returns whatever bytes it finds. Check both and raise a `ValueError`.

task: load_labels
fails: faulty_file_of_labels_is_refused
zh: 标签文件有问题却没有发现。魔数 2049 说明这是标签文件，紧接着的数说明有多少个标签。如果两个都不检查，给它一个图像文件，或者只有一半的文件，
它也会把读到的字节原样返回。请检查这两项，不符合就抛出 ValueError。
"""

def load_labels(path):
    open_file = gzip.open if str(path).endswith(".gz") else open
    with open_file(path, "rb") as file:
        file.read(8)
        return np.frombuffer(file.read(), dtype=np.uint8)
