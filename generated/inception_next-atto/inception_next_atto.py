# Written by inception-compile 0.1.0; yours to take, change and train.
#   spec:        inception_next, variant atto
#   spec-sha256: 4a04304b1f0a1e1f00d42ea2f7996e85af33b573ad88ef826c04e039c091eb5b
#   regenerate:  inception-compile source inception_next --variant atto
"""InceptionNeXt-A.

InceptionNeXt: When Inception Meets ConvNeXt, arXiv:2303.16900.

Input (N, 3, 224, 224); 4,156,520 parameters; 503.04 MMACs per image.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["InceptionNextAtto"]


class DropPath(nn.Module):
    """While training, zeroes samples with probability `p` and rescales the rest."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if self.training and self.p > 0.0:
            keep = 1.0 - self.p
            kept = x.new_empty([x.size(0)] + [1] * (x.dim() - 1)).bernoulli_(keep)
            if keep > 0.0:
                kept.div_(keep)
            x = x * kept
        return x


class LayerScale(nn.Module):
    """Multiplies each channel by a factor of its own, which is learned."""

    def __init__(self, channels: int, init_value: float) -> None:
        super().__init__()
        self.init_value = init_value
        self.gamma = nn.Parameter(torch.empty(channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.constant_(self.gamma, self.init_value)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma.view([-1] + [1] * (x.dim() - 2))


class ConvGELU(nn.Module):
    """Convolution, GELU."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int]
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(self.conv(x))


class InceptionMixer(nn.Module):
    """split: x | 3x3 | 1xk | kx1: (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, in_channels: int, n: int, k: int) -> None:
        super().__init__()
        self.square = nn.Conv2d(n, n, 3, padding=1, groups=n)
        self.row = nn.Conv2d(n, n, (1, k), padding=(0, k // 2), groups=n)
        self.column = nn.Conv2d(n, n, (k, 1), padding=(k // 2, 0), groups=n)
        self.shares = [in_channels - 3 * n, n, n, n]

    def forward(self, x: Tensor) -> Tensor:
        x1, x2, x3, x4 = torch.split(x, self.shares, dim=1)
        return torch.cat([x1, self.square(x2), self.row(x3), self.column(x4)], dim=1)


class InceptionUnit(nn.Module):
    """x + {{split: x | 3x3 | 1xk | kx1}-batch norm-1x1-1x1-scale 1e-06-drop path p}.

    (N, C, H, W) -> (N, C, H, W).
    """

    def __init__(
        self, in_channels: int, n: int, mlp: int, p: float, k: int = 9
    ) -> None:
        super().__init__()
        self.token_mixer = InceptionMixer(in_channels, n=n, k=k)
        self.norm = nn.BatchNorm2d(in_channels)
        self.fc1 = ConvGELU(in_channels, mlp, 1)
        self.fc2 = nn.Conv2d(mlp, in_channels, 1)
        self.scale = LayerScale(in_channels, 1e-06)
        self.drop = DropPath(p)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.token_mixer(x)
        y = self.norm(y)
        y = self.fc1(y)
        y = self.fc2(y)
        y = self.scale(y)
        y = self.drop(y)
        return x + y


class InceptionNextAtto(nn.Module):
    """InceptionNeXt-A."""

    def __init__(self, num_classes: int = 1000, *, in_channels: int = 3) -> None:
        super().__init__()
        self.num_classes = num_classes
        # stem
        # -> (N, 40, 56, 56)
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, 40, 4, stride=4),
            nn.BatchNorm2d(40),
        )
        # body
        # -> (N, 40, 56, 56)
        self.stage1 = nn.Sequential(
            InceptionUnit(40, n=10, mlp=160, p=0.0),
            InceptionUnit(40, n=10, mlp=160, p=0.0091),
        )
        # -> (N, 80, 28, 28)
        self.down2 = nn.Sequential(nn.BatchNorm2d(40), nn.Conv2d(40, 80, 2, stride=2))
        # -> (N, 80, 28, 28)
        self.stage2 = nn.Sequential(
            InceptionUnit(80, n=20, mlp=320, p=0.0182),
            InceptionUnit(80, n=20, mlp=320, p=0.0273),
        )
        # -> (N, 160, 14, 14)
        self.down3 = nn.Sequential(nn.BatchNorm2d(80), nn.Conv2d(80, 160, 2, stride=2))
        # -> (N, 160, 14, 14)
        self.stage3 = nn.Sequential(
            InceptionUnit(160, n=40, mlp=640, p=0.0364),
            InceptionUnit(160, n=40, mlp=640, p=0.04548),
            InceptionUnit(160, n=40, mlp=640, p=0.05456),
            InceptionUnit(160, n=40, mlp=640, p=0.06364),
            InceptionUnit(160, n=40, mlp=640, p=0.07272),
            InceptionUnit(160, n=40, mlp=640, p=0.0818),
        )
        # -> (N, 320, 7, 7)
        self.down4 = nn.Sequential(
            nn.BatchNorm2d(160),
            nn.Conv2d(160, 320, 2, stride=2),
        )
        # -> (N, 320, 7, 7)
        self.stage4 = nn.Sequential(
            InceptionUnit(320, n=80, mlp=960, p=0.0909),
            InceptionUnit(320, n=80, mlp=960, p=0.1),
        )
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)  # -> (N, 320, 1, 1)
        self.fc1 = nn.Linear(320, 960)  # -> (N, 960)
        self.norm = nn.LayerNorm(960, eps=1e-06)  # -> (N, 960)
        self.fc2 = nn.Linear(960, num_classes)  # -> (N, 1000)
        self._init_weights()

    def _init_weights(self) -> None:
        """Draw convolutions and linear layers from N(0, 0.02), cut at +-2."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)

    def reset_parameters(self) -> None:
        """Draw all weights anew and forget all statistics, as in a new network."""
        for module in self.modules():
            if isinstance(
                module,
                nn.Conv2d | nn.Linear | nn.BatchNorm2d | nn.LayerNorm | LayerScale,
            ):
                module.reset_parameters()
        self._init_weights()

    def reset_classifier(self, num_classes: int) -> None:
        """Put fresh last layers in place, for another number of classes."""
        self.num_classes = num_classes
        self.fc2 = nn.Linear(self.fc2.in_features, num_classes)
        nn.init.trunc_normal_(self.fc2.weight, std=0.02)

    def forward_features(self, x: Tensor) -> Tensor:
        """Stem and body: (N, 3, 224, 224) -> (N, 320, 7, 7)."""
        x = self.stem(x)
        x = self.stage1(x)
        x = self.down2(x)
        x = self.stage2(x)
        x = self.down3(x)
        x = self.stage3(x)
        x = self.down4(x)
        y: Tensor = self.stage4(x)
        return y

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The head: (N, 320, 7, 7) -> (N, 1000), or (N, 960) with `pre_logits`."""
        x = self.pool(x)
        x = torch.flatten(x, 1)
        x = self.fc1(x)
        x = F.gelu(x)
        x = self.norm(x)
        if pre_logits:
            return x
        logits: Tensor = self.fc2(x)
        return logits

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(x))
