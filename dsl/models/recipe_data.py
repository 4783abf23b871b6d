"""What a network is trained on: which images, and what becomes of them before the network."""

from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BeforeValidator, ValidationInfo, field_validator

from dsl.models.alternatives import Shortened
from dsl.models.augmenting import Augments
from dsl.models.fields import Text, meaning, one_or_more
from dsl.models.scalars import number

DataName = Literal["digits", "fashion_mnist", "cifar10", "cifar100", "imagenet", "folder"]
DATA_MEANINGS: dict[str, str] = {
    "digits": "scikit-learn's 1,797 handwritten digits, 1×8×8, which come with it",
    "fashion_mnist": "70,000 articles of clothing, 1×28×28 (arXiv:1708.07747)",
    "cifar10": "60,000 photographs of 10 kinds, 3×32×32",
    "cifar100": "60,000 photographs of 100 kinds, 3×32×32",
    "imagenet": "ImageNet's 1,000 classes (ILSVRC 2012), a folder each in `train` and `val`",
    "folder": "images of your own: a folder for each class, in `train` and `val` or `test`",
}
"""Every data set, and what it is."""
DATA: tuple[DataName, ...] = get_args(DataName)
FIT_MEANINGS = {
    "stretch": "the whole image becomes as large as the network's input",
    "crop": "the middle of the image, which keeps its shape",
}
CONVERT_MEANINGS = {
    "rgb": "three channels; of a grey image three times the same",
    "grey": "one channel: 0.299 R + 0.587 G + 0.114 B",
}
"""What images may be made first."""
WHITE = 255
"""White, where means and deviations are of values that images have in files."""

_mean = number(0, WHITE, named=False)
_std = number(1e-6, WHITE, named=False)


def _channels(value: Any) -> Any:
    """A number for all channels, or a list of one each."""
    if isinstance(value, (list, tuple)) and not value:
        raise ValueError("must be a number, or a list of one a channel, not an empty list")
    return one_or_more(value)


Means = Annotated[tuple[Annotated[float, BeforeValidator(_mean)], ...], BeforeValidator(_channels)]
Stds = Annotated[tuple[Annotated[float, BeforeValidator(_std)], ...], BeforeValidator(_channels)]
Zoom = Annotated[float, BeforeValidator(number(0.1, 1, named=False))]
Held = Annotated[float, BeforeValidator(number(0, 0.9, named=False))]


class Data(Shortened):
    """Images with their classes, and how they become the network's input.

    Means and deviations up to 1 are of values from 0 to 1, larger ones of values from 0 to 255.
    """

    short: ClassVar[str] = "name"
    name: Annotated[DataName, BeforeValidator(meaning(DATA_MEANINGS))]
    """Which images: a data set by its name, or `folder` for those in a folder."""
    path: Text = ""
    """Where they are: a folder. Left out, the data set's own place; `folder` needs one."""
    convert: Annotated[str, BeforeValidator(meaning(CONVERT_MEANINGS))] | None = None
    """What images are made first: `rgb` or `grey`. Left out, those of a data set stay as they are,
    and those of a folder become what the network's input takes.
    """
    fit: Annotated[str, BeforeValidator(meaning(FIT_MEANINGS))] = "stretch"
    """How an image comes to the size of the network's input: `stretch` or `crop`."""
    zoom: Zoom = 1.0
    """The share of its side that `crop` keeps: 0.875 is a 224 out of 256."""
    mean: Means = (0.0,)
    """What is taken off each channel: one number, or one a channel. Of values from 0 to 1, or from
    0 to 255 where a number of `mean` or `std` is above 1.
    """
    std: Stds = (1.0,)
    """What each channel is divided by then, in the same unit."""
    augment: Augments = ()
    """How training images are changed at random, in order: `[flip, shift 0.125]`."""
    hold_out: Held = 0.0
    """The share of the training images that the best epoch is chosen by, and that aren't trained
    on. Left out, it is chosen by the test images.
    """

    @field_validator("path")
    @classmethod
    def _leads_somewhere(cls, path: str, info: ValidationInfo) -> str:
        name = info.data.get("name")
        if not path and name == "folder":
            raise ValueError("is empty, and says which folder")
        if path and name == "digits":
            raise ValueError("is a folder, and digits lie in none: they come with scikit-learn")
        return path

    @field_validator("zoom")
    @classmethod
    def _cuts(cls, zoom: float, info: ValidationInfo) -> float:
        if zoom < 1 and info.data.get("fit", "crop") != "crop":
            raise ValueError("is for images that are cut: it takes `fit: crop`")
        return zoom

    @field_validator("mean", "std")
    @classmethod
    def _of_one_unit(cls, own: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        """Means and deviations are of values up to 1, or up to 255."""
        mean: tuple[float, ...] = info.data.get("mean", ()) or own[:1]
        if len(mean) > 1 and len(own) > 1 and len(mean) != len(own):
            raise ValueError(f"has {len(own)} numbers and mean {len(mean)}: one of each a channel")
        large = [value for value in (*mean, *own) if value > 1]
        small = [value for value in (*mean, *own) if 0 < value < 1]
        if large and small:
            unit = "mean and std are of values from 0 to 1, or from 0 to 255"
            raise ValueError(f"doesn't fit, with {small[0]:g} beside {large[0]:g}: {unit}")
        return own

    @property
    def white(self) -> int:
        """The value of white that means and deviations are of: 1 or 255."""
        return WHITE if any(value > 1 for value in (*self.mean, *self.std)) else 1
