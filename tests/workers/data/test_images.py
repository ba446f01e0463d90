"""Images from every kind of value, and their encoding against the processors' own output."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset, Features
from datasets import Image as ImageFeature
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image as pillow
from transformers import (
    AutoConfig,
    BitImageProcessorPil,
    Dinov2ForImageClassification,
    EfficientNetImageProcessorPil,
    ViTImageProcessorPil,
)

from peftsearch.errors import UserError
from peftsearch.workers.batches.image_encoding import encode_images
from peftsearch.workers.data.image_folders import is_image_folder, read_image_folder
from peftsearch.workers.data.images import Image, read_images
from peftsearch.workers.data.sources import Table
from peftsearch.workers.runtime.confines import VARIABLE

COLOURS = np.random.default_rng(1).integers(0, 256, (5, 7, 3), dtype=np.uint8)
GREY = COLOURS[:, :, 0]
SPREAD = np.repeat(GREY[:, :, None], 3, axis=2)


def file_of(array: NDArray[Any], kind: str = "png", **options: Any) -> bytes:
    buffer = io.BytesIO()
    pillow.fromarray(array).save(buffer, kind, **options)
    return buffer.getvalue()


def read(*values: Any, folder: Path | None = None) -> list[Image]:
    return read_images(Table("rows.csv", {"image": list(values)}, folder=folder), "image")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(file_of(COLOURS), id="bytes"),
        pytest.param({"bytes": file_of(COLOURS), "path": "gone.png"}, id="bytes and path"),
        pytest.param({"bytes": None, "path": "image.png"}, id="path alone"),
        pytest.param("image.png", id="path"),
        pytest.param(Path("image.png"), id="Path"),
        pytest.param(COLOURS.tolist(), id="lists"),
        pytest.param(COLOURS, id="array"),
        pytest.param(COLOURS.astype(float), id="floats up to 255"),
        pytest.param(COLOURS / 255, id="floats up to 1"),
        pytest.param(torch.tensor(COLOURS), id="tensor"),
        pytest.param(pillow.fromarray(COLOURS), id="picture"),
        pytest.param(file_of(COLOURS, "bmp"), id="other format"),
    ],
)
def test_every_kind_of_value_gives_the_same_image(value: Any, tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(file_of(COLOURS))
    (image,) = read(value, folder=tmp_path)
    assert np.array_equal(image.pixels(), COLOURS)
    assert image.sha256 == read(COLOURS)[0].sha256


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(file_of(GREY), id="bytes"),
        pytest.param(GREY.tolist(), id="lists"),
        pytest.param(GREY[:, :, None] / 255, id="one channel"),
        pytest.param(pillow.fromarray(GREY), id="picture"),
        pytest.param(file_of(GREY.astype(np.uint16) * 257), id="16 bits"),
        pytest.param(file_of((GREY / 255).astype(np.float32), "tiff"), id="float file"),
    ],
)
def test_grey_becomes_equal_colours(value: Any) -> None:
    assert np.array_equal(read(value)[0].pixels(), SPREAD)


def test_dark_16_bit_image_stays_dark() -> None:
    assert read(file_of(np.full((2, 2), 200, np.uint16)))[0].pixels().max() == 1


def test_palette_with_transparency_keeps_its_colours() -> None:
    picture = pillow.fromarray(COLOURS).quantize(256)
    buffer = io.BytesIO()
    picture.save(buffer, "png", transparency=bytes(range(256)))
    expected = np.asarray(picture.convert("RGB"))
    assert np.array_equal(read(buffer.getvalue())[0].pixels(), expected)


def test_photograph_is_turned_upright() -> None:
    exif = pillow.Exif()
    exif[0x0112] = 6  # orientation: rotate by 90 degrees
    (image,) = read(file_of(COLOURS, "png", exif=exif))
    assert np.array_equal(image.pixels(), np.rot90(COLOURS, -1))


def test_one_bright_row_tells_that_all_numbers_run_to_255() -> None:
    dark, bright = read([[1.0, 0.0]], [[200.0, 0.0]])
    assert (dark.pixels().max(), bright.pixels().max()) == (1, 200)
    assert read([[1, 0]])[0].pixels().max() == 255


def test_a_black_picture_beside_numbers_is_not_brightened() -> None:
    black, _ = read(pillow.fromarray(np.ones((2, 2, 3), np.uint8)), [[0.5]])
    assert black.pixels().max() == 1


@given(arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6), st.just(3))))
@settings(max_examples=40, deadline=None)
def test_hash_is_of_the_pixels(array: NDArray[np.uint8]) -> None:
    digest = Image.read(array).sha256
    assert digest == Image.read(file_of(array)).sha256
    other = array.copy()
    other[0, 0, 0] ^= 128
    assert digest != Image.read(other).sha256


def test_hash_is_of_the_shape_too() -> None:
    black = np.zeros((2, 6), np.uint8)
    assert Image.read(black).sha256 != Image.read(black.reshape(6, 2)).sha256


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("gone.png", r"row 2 \(gone.png\) of rows.csv: no such file"),
        (b"text", "row 2 of rows.csv: not an image"),
        (file_of(COLOURS)[:60], "row 2 of rows.csv"),
        ({"bytes": b"text", "path": "a.png"}, r"row 2 \(a.png\)"),
        ({"bytes": None, "path": None}, "row 2 of rows.csv: NoneType"),
        ([[1, 2], [3]], "lengths"),
        ([1, 2, 3], "shape 3, neither"),
        ([], "shape 0, neither"),
        (np.zeros((3, 8, 8)), "shape 3 x 8 x 8"),
        ([[0, 256]], "numbers from 0 to 256"),
        ([[-0.5, 1]], "numbers from -0.5 to 1"),
        ([[float("nan"), 1]], "numbers from nan"),
        (7, "shape one number"),
        (object(), "object, neither a file nor numbers"),
    ],
)
def test_unreadable_value_names_its_row(value: Any, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=reason) as caught:
        read(file_of(COLOURS), value, folder=tmp_path)
    assert "\n" not in str(caught.value)


def test_missing_value_is_refused() -> None:
    with pytest.raises(UserError, match="none in row 2"):
        read(file_of(COLOURS), None)


def test_far_too_large_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pillow, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(UserError, match="pixels"):
        read(file_of(COLOURS))


def test_undecoded_feature_of_datasets(tmp_path: Path) -> None:
    rows = Dataset.from_dict(
        {"image": [pillow.fromarray(COLOURS)]}, Features({"image": ImageFeature()})
    )
    plain = rows.cast_column("image", ImageFeature(decode=False))
    assert np.array_equal(read(*plain["image"])[0].pixels(), COLOURS)


PROCESSORS = {
    "vit": ViTImageProcessorPil(size={"height": 16, "width": 16}),
    "dinov2": BitImageProcessorPil(
        size={"shortest_edge": 20}, crop_size={"height": 16, "width": 16}
    ),
    "own mean": ViTImageProcessorPil(
        size={"height": 16, "width": 16}, image_mean=[0.1, 0.2, 0.3], image_std=[0.3, 0.2, 0.1]
    ),
    "no normalisation": ViTImageProcessorPil(
        size={"height": 16, "width": 16}, do_normalize=False, do_rescale=False
    ),
    "offset": EfficientNetImageProcessorPil(
        size={"height": 16, "width": 16},
        crop_size={"height": 16, "width": 16},
        rescale_offset=True,
    ),
}


@pytest.mark.parametrize("name", PROCESSORS)
def test_batches_are_what_the_processor_gives(name: str) -> None:
    processor: Any = PROCESSORS[name]
    sizes = np.random.default_rng(2).integers(10, 40, (6, 2))
    pictures = [np.random.default_rng(i).integers(0, 256, (*x, 3)) for i, x in enumerate(sizes)]
    images = read(*pictures)
    encoded = encode_images(processor, images, torch.arange(6))
    batch = encoded.batch([4, 1])
    expected = processor(
        [pillow.fromarray(images[i].pixels()) for i in (4, 1)], return_tensors="pt"
    )["pixel_values"]
    assert batch["pixel_values"].dtype == torch.float32
    torch.testing.assert_close(
        batch["pixel_values"], expected.float(), rtol=1e-3 if name == "offset" else 0, atol=1e-3
    )
    assert batch["labels"].tolist() == [4, 1]
    assert encoded.pixels.dtype == (torch.float16 if name == "offset" else torch.uint8)
    assert encoded.pixels.shape == (6, 3, 16, 16)


def test_encoded_images_are_a_split() -> None:
    images = read(*np.random.default_rng(3).integers(0, 256, (5, 8, 8)))
    encoded = encode_images(PROCESSORS["vit"], images, torch.arange(5))
    assert (len(encoded), encoded.lengths) == (5, [1] * 5)
    head = encoded.head(2)
    assert (len(head), head.labels.tolist()) == (2, [0, 1])
    assert torch.equal(head.batch([1])["pixel_values"], encoded.batch([1])["pixel_values"])


def test_processor_without_one_size_is_refused() -> None:
    processor = ViTImageProcessorPil(do_resize=False)
    with pytest.raises(UserError, match="all images one size"):
        encode_images(processor, read(COLOURS, COLOURS[:3]), torch.arange(2))


def save(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file_of(COLOURS))


def test_folder_for_each_class(tmp_path: Path) -> None:
    for name in ("dog/2.png", "cat/1.png", "cat/more/0.PNG", "cat/notes.txt", ".cache/x.png"):
        save(tmp_path / name)
    assert is_image_folder(tmp_path)
    tables = read_image_folder(tmp_path, ("image", "label"))
    assert list(tables) == ["train"]
    assert tables["train"].columns == {
        "image": ["cat/1.png", "cat/more/0.PNG", "dog/2.png"],
        "label": ["cat", "cat", "dog"],
    }
    assert len(read_images(tables["train"], "image")) == 3


def test_folder_for_each_split(tmp_path: Path) -> None:
    for name in ("train/cat/1.png", "train/dog/2.png", "test/cat/3.png"):
        save(tmp_path / name)
    assert is_image_folder(tmp_path)
    tables = read_image_folder(tmp_path, ("picture", "kind"))
    assert sorted(tables) == ["test", "train"]
    assert tables["train"].columns == {
        "picture": ["cat/1.png", "dog/2.png"],
        "kind": ["cat", "dog"],
    }
    assert len(read_images(tables["test"], "picture")) == 1


def test_other_folders_are_not_of_images(tmp_path: Path) -> None:
    save(tmp_path / "flat" / "1.png")
    Dataset.from_dict({"text": ["a"]}).save_to_disk(tmp_path / "saved")
    save(tmp_path / "saved" / "cat" / "1.png")
    assert not is_image_folder(tmp_path / "flat")
    assert not is_image_folder(tmp_path / "saved")


def test_a_model_takes_the_batches() -> None:
    config: Any = AutoConfig.for_model(
        "dinov2", hidden_size=32, num_hidden_layers=1, num_attention_heads=4, image_size=28
    )
    model: Any = Dinov2ForImageClassification(config)
    encoded = encode_images(PROCESSORS["dinov2"], read(COLOURS, GREY), torch.tensor([0, 1]))
    assert torch.isfinite(model(**encoded.batch([1, 0])).loss)


@pytest.fixture
def confined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of data; images in it, beside it and below a data folder of the service."""
    data = tmp_path / "data"
    for name in ("data", "root", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "image.png").write_bytes(file_of(COLOURS))
    (data / "out.png").symlink_to(tmp_path / "other" / "image.png")
    (data / "in.png").symlink_to(tmp_path / "root" / "image.png")
    (data / "loop.png").symlink_to(data / "loop.png")
    (data / "folder").symlink_to(tmp_path / "other")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "root"))
    return data


@pytest.mark.parametrize(
    "value",
    [
        "../other/image.png",
        "../other/none.png",
        "../data/../other/image.png",
        "{tmp}/other/image.png",
        "{tmp}/root/../other/image.png",
        "out.png",
        "folder/image.png",
        "/etc/passwd",
        "/dev/zero",
        "~/image.png",
    ],
)
def test_a_row_leads_to_no_image_elsewhere(confined: Path, value: str, tmp_path: Path) -> None:
    """Told the same way whether it is there or not."""
    given = value.format(tmp=tmp_path)
    for source in (given, {"bytes": None, "path": given}):
        with pytest.raises(UserError, match="beyond the folders that jobs may read") as caught:
            read("image.png", source, folder=confined)
        assert "at row 2 (" in str(caught.value)


def test_rows_lead_to_images_beside_and_below_the_roots(confined: Path, tmp_path: Path) -> None:
    values = ["image.png", "in.png", "../root/image.png", str(tmp_path / "root" / "image.png")]
    assert len({x.sha256 for x in read(*values, folder=confined)}) == 1


def test_rows_of_a_users_own_lead_anywhere(tmp_path: Path) -> None:
    """Where no service confines them."""
    (tmp_path / "data").mkdir()
    (tmp_path / "image.png").write_bytes(file_of(COLOURS))
    assert read("../image.png", str(tmp_path / "image.png"), folder=tmp_path / "data")


@pytest.mark.parametrize("value", ["a\0b", "~nobody-of-this-name/x", "x" * 5000, "."])
def test_a_row_that_names_no_file_is_told(tmp_path: Path, value: str) -> None:
    with pytest.raises(UserError) as caught:
        read(value, folder=tmp_path)
    assert "at row 1 (" in str(caught.value) and len(str(caught.value)) < 400


def test_a_pipe_is_no_image(tmp_path: Path) -> None:
    """It would be read for ever."""
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(UserError, match="not a file"):
        read("pipe.png", folder=tmp_path)
