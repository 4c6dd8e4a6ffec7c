"""Rows and columns are swapped.

The header says the number of rows first, then the number of columns, and `reshape` takes them in the same order. With
28 x 28 pixels nobody notices, but images of any other shape are cut into rows of the wrong length and look torn. Some
tutorials call the two numbers width and height in this order, which invites the mistake.

task: load_images
fails: rows_and_columns_come_from_the_header
zh: 行数和列数弄反了。文件头里先是行数 rows，后是列数 cols，reshape 时也要按这个顺序写。图像是 28×28 时看不出问题，可是一旦行列不相等，
每一行就会在错误的位置被截断，图像看上去像被撕开一样。有些教程把这两个数依次叫作 width、height，很容易让人弄反。
"""

def load_images(path):
    open_file = gzip.open if str(path).endswith(".gz") else open
    with open_file(path, "rb") as file:
        header, pixels = file.read(16), file.read()
    magic, n, cols, rows = struct.unpack(">4i", header)
    if magic != 2051:
        raise ValueError(f"not a file of images: {magic}")
    if len(pixels) < n * rows * cols:
        raise ValueError("the file is too short")
    return np.frombuffer(pixels, dtype=np.uint8).reshape(n, rows, cols)
