"""A file that is too short goes unnoticed.

`reshape(-1, rows, cols)` makes as many images as it finds pixels for. When a download breaks off, you get fewer images
than the header promises, and no word about it; later, images and labels no longer belong together. Compare the number
of pixels with `n * rows * cols` and raise a `ValueError` if some are missing.

task: load_images
fails: short_file_of_images_is_refused
zh: 文件不完整却没有发现。reshape(-1, rows, cols) 有多少像素就拼出多少张图像。如果文件下载到一半中断了，读到的张数比文件头里写的少，却没有任何提示，
之后图像和标签就对不上了。请把像素个数与 n * rows * cols 比较，不够就抛出 ValueError。
"""

def load_images(path):
    open_file = gzip.open if str(path).endswith(".gz") else open
    with open_file(path, "rb") as file:
        header, pixels = file.read(16), file.read()
    magic, n, rows, cols = struct.unpack(">4i", header)
    if magic != 2051:
        raise ValueError(f"not a file of images: {magic}")
    return np.frombuffer(pixels, dtype=np.uint8).reshape(-1, rows, cols)
