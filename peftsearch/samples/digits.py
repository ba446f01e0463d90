"""The 1,797 handwritten digits that scikit-learn carries: grey, 8 x 8 pixels, classes 0 to 9.

Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998; licence CC BY 4.0.
"""

import io
from pathlib import Path

TABLE = "digits.parquet"


def write_digits(folder: Path) -> None:
    """Write `TABLE` with columns image, as `datasets` keeps images: {bytes, path}, and label."""
    import pyarrow
    import pyarrow.parquet
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    rows = []
    for number, (values, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        png = io.BytesIO()
        Image.fromarray((values * (255 / 16)).round().astype("uint8")).save(png, "png")
        image = {"bytes": png.getvalue(), "path": f"{number}.png"}
        rows.append({"image": image, "label": int(label)})
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), folder / TABLE)
