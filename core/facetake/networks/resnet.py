"""ResNet-50 as Caffe's models lay it out (He et al. 2015): the trunk of AudioDVP's face reconstruction (3.1.3).

What differs from the usual PyTorch layout: a stage halves the picture in its first 1 x 1 convolution, and the first
pooling rounds up and is not padded. The names are those of `resnet50_ft_weight.pkl` (VGGFace2). Knows tensors; does not
know faces.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

EXPANSION = 4  # a block's last layer is so much wider than its others (He et al. 2015, table 1)
UNUSED = ("fc.",)
"""What the file has besides: the classifier of people."""
MEAN_BGR = (91.4953, 103.8827, 131.0912)
"""What the file's network was trained to have taken from blue, green and red in 0..255."""


@dataclass(frozen=True)
class ResNetSize:
    """Shape of the trunk. The defaults are those of ResNet-50, which alone can take the file.

    Attributes:
        width: channels of the first layer.
        blocks: residual blocks in each of the four stages.
    """

    width: int = 64
    blocks: tuple[int, int, int, int] = (3, 4, 6, 3)


class Bottleneck(nn.Module):
    """A residual block through fewer channels."""

    def __init__(self, n_in: int, width: int, stride: int) -> None:
        """width: channels inside; four times as many come out."""
        super().__init__()
        n_out = width * EXPANSION
        self.conv1 = nn.Conv2d(n_in, width, 1, stride, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, n_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(n_out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or n_in != n_out:
            self.downsample = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_in, H, W) to (B, 4 width, H / stride, W / stride)."""
        made = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))
        kept = x if self.downsample is None else self.downsample(x)
        out: Tensor = self.relu(self.bn3(self.conv3(made)) + kept)
        return out


class ResNet(nn.Module):
    """Pictures to features."""

    def __init__(self, size: ResNetSize) -> None:
        """Builds the trunk with random weights (He's)."""
        super().__init__()
        self.conv1 = nn.Conv2d(3, size.width, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(size.width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, ceil_mode=True)
        widths = [size.width * 2**stage for stage in range(4)]
        ins = [size.width, *(width * EXPANSION for width in widths[:-1])]
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            _stage(n_in, width, blocks, stride)
            for n_in, width, blocks, stride in zip(ins, widths, size.blocks, (1, 2, 2, 2), strict=True)
        )
        self.n_features = widths[-1] * EXPANSION
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, pictures: Tensor) -> Tensor:
        """Features (B, n_features) of pictures (B, 3, H, W): blue, green, red less `MEAN_BGR`; 224 pixels at best."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(pictures))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        features: Tensor = x.mean(dim=(2, 3))
        return features


def _stage(n_in: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    rest = (Bottleneck(width * EXPANSION, width, 1) for _ in range(blocks - 1))
    return nn.Sequential(Bottleneck(n_in, width, stride), *rest)
