"""The magic number is read, but never checked.

The magic number says what kind of file this is: 2051 for images, 2049 for labels. A function that ignores it takes any
file at all and returns an array of nonsense, and the fault shows up much later. Compare it with 2051 and raise a
`ValueError` if it is another number.

task: load_images
fails: wrong_magic_of_images_is_refused
zh: 读出了魔数，却没有检查。魔数说明这是哪一种文件：2051 是图像，2049 是标签。如果不检查，随便给一个文件都会被当成图像读进来，得到一堆没有意义的数，
错误要到很久以后才会暴露。请把它与 2051 比较，不相等就抛出 ValueError。
"""

def load_images(path):
    open_file = gzip.open if str(path).endswith(".gz") else open
    with open_file(path, "rb") as file:
        header, pixels = file.read(16), file.read()
    magic, n, rows, cols = struct.unpack(">4i", header)
    if len(pixels) < n * rows * cols:
        raise ValueError("the file is too short")
    return np.frombuffer(pixels, dtype=np.uint8).reshape(n, rows, cols)
