"""A single image loses its first axis.

`squeeze()` removes every axis of length 1. For a file with one image the result has shape `(rows, cols)` instead of
`(1, rows, cols)`, and code that goes through the images gets rows of pixels instead. A function should return the same
number of axes for every file.

task: load_images
fails: one_image_or_none_is_read
zh: 只有一张图像时少了一个维度。squeeze() 会去掉所有长度为 1 的维度，文件里只有一张图像时，得到的形状是 (rows, cols)，而不是
(1, rows, cols)；之后再逐张遍历图像，取到的其实是一行行像素。不论文件里有几张图像，函数返回的维数都应该相同。
"""

def load_images(path):
    open_file = gzip.open if str(path).endswith(".gz") else open
    with open_file(path, "rb") as file:
        header, pixels = file.read(16), file.read()
    magic, n, rows, cols = struct.unpack(">4i", header)
    if magic != 2051:
        raise ValueError(f"not a file of images: {magic}")
    if len(pixels) < n * rows * cols:
        raise ValueError("the file is too short")
    return np.frombuffer(pixels, dtype=np.uint8).reshape(n, rows, cols).squeeze()
