"""Every number of READ Avatars, as frozen structs that a TOML file fills. Knows no network, file or picture.

Three files lie beside this one: `read_avatars_paper.toml` is the paper's setting,
`read_avatars_quick.toml` (the default) is for a CPU and a clip of seconds, `read_avatars_tiny.toml` goes through
every stage in seconds and is good for nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from facetake.networks.patchgan import PatchSize
from facetake.networks.siren import SirenSize
from facetake.networks.unet import Output, UNetSize
from facetake.portrait.training.presets import check_falling, preset

StyleBy = Literal["found", "vgg", "filters"]
FILTERED: Final = "filters"


@dataclass(frozen=True)
class ParameterSize:
    """Shape of the generator and the discriminator of parameters. READ Avatars leaves it to a supplement.

    Attributes:
        width: of the encoder, and of the LSTMs.
        layers: LSTMs of the generator, one over another.
        judging: LSTMs of the discriminator.
        middle: numbers in the decoder.
        both_ways: the generator also hears what comes next. The paper does not say; without it lips cannot be early.
    """

    width: int = 256
    layers: int = 3
    judging: int = 2
    middle: int = 128
    both_ways: bool = False


@dataclass(frozen=True)
class ParameterTraining:
    """How parameters are learnt from sound and emotion. The defaults are the paper's (READ Avatars 3.2, 3.4).

    Attributes:
        size: of both networks.
        epochs: passes over the clips.
        batch: windows a step.
        rate: of both Adams.
        gan: weight of the discriminator's verdict; 0 leaves the discriminator out (Table 3: "w/o GAN loss").
        velocity: weight of the absolute difference of velocities.
        window: frames of a window; the paper does not say.
        stride: frames between the beginnings of windows; the paper does not say.
        save_every: epochs between checkpoints.
        way: "network" is the paper's, from cepstra, for minutes of film; "ridge" regresses on the lips that the ear
            reads, on a neutral take and on the label, and needs none of the numbers above.
    """

    size: ParameterSize = field(default_factory=ParameterSize)
    epochs: int = 10
    batch: int = 32
    rate: float = 1e-4
    gan: float = 0.02
    velocity: float = 100.0
    window: int = 100
    stride: int = 10
    save_every: int = 2
    way: Literal["network", "ridge"] = "network"


@dataclass(frozen=True)
class PhonemeEncoderSize:
    """Shape of the encoder of phonemes. READ leaves it to a supplement; the defaults follow Neural Voice Puppetry's.

    Attributes:
        widths: channels after each convolution; each halves the window.
        middle: numbers in the layer between the convolutions and the vector.
        out: numbers in the vector (N_a).
    """

    widths: tuple[int, ...] = (32, 32, 64, 64)
    middle: int = 128
    out: int = 64


@dataclass(frozen=True)
class ReadAvatarsRendererTraining:
    """How texture and renderer learn. The defaults are the paper's (READ Avatars 3.3, equation 3, and 3.4).

    Attributes:
        epochs: passes over the clips.
        batch: pictures a step.
        rate: of both Adams.
        l1: weight of the absolute difference.
        style: weight of the style loss; 0 leaves it out.
        style_by: "vgg" is the paper's and needs the user's file; "filters" stands in for it, see
            `facetake.portrait.read_avatars.renderer_training`; "found" takes VGG where the file is there.
        gan: weight of the discriminator's verdict; 0 leaves the discriminator out.
        mixed_holes: the hole in the background is that of two frames together, as it is when a frame of the video gets
            another expression. The paper's is of one.
        jitter: how far each frame's maps and picture are turned, scaled, moved and mirrored at random, 0..1; see
            `facetake.portrait.training.augmentation`. The paper, with minutes to learn from, has none.
        colours: weight of the absolute difference between the texture's first three channels and the picture where the
            face is, so that the texture holds colours by itself (as Neural Voice Puppetry has it; the paper has none).
        lips: how many times as much a pixel inside the lips' outline counts as another in `l1` and `colours`: a mouth
            is a hundredth of the picture and most of what is looked at. The paper has all alike.
        falling: the share of the epochs, the last ones, over which the rate falls to nothing, 0..1; see
            `facetake.portrait.training.trainer`. The paper says nothing of it.
        coarse: so many of the epochs, the first ones, are learnt at half the side, which is four times as fast. The
            paper has none.
        sharpen: by how much at most pictures are sharpened at last, 0 or more; 0: not at all, as in the paper. How much
            of it is taken is found on frames that were learnt from; see `facetake.portrait.sharpening`.
        save_every: epochs between checkpoints.
        preview_every: epochs between preview pictures.
    """

    epochs: int = 5
    batch: int = 1
    rate: float = 1e-4
    l1: float = 1.0
    style: float = 1.0
    style_by: StyleBy = "found"
    gan: float = 0.01
    mixed_holes: bool = False
    jitter: float = 0.0
    colours: float = 0.0
    lips: float = 1.0
    falling: float = 0.0
    coarse: int = 0
    sharpen: float = 0.0
    save_every: int = 1
    preview_every: int = 1


@dataclass(frozen=True)
class ReadAvatarsSettings:
    """One training of READ Avatars on one actor.

    Attributes:
        texture: "audio" conditions the neural texture on phonemes; "static" does not (Table 3: "w/o audio texture").
        channels: of the neural texture.
        siren: the network that the texture is.
        encoder: of the phonemes around a frame.
        hears: which of the texture hears the encoder's vector: all of the "face", as in the paper, or what is in and
            around the "mouth". Seconds of video teach a cheek that hears to know its frames by their sound.
        half_window: W: the phonemes of W video frames, 2 W rows, are heard for each frame.
        radius: frames to either side whose coordinates the renderer sees; W_R = 2 radius + 1.
        part: what of the face model is drawn anew: the whole "head", as in the paper, or the "face" alone.
        region: what the renderer sees: the whole picture, as in the paper, or the square around what is drawn.
        side: that region's side in pixels, as the network sees it.
        out: what becomes of what the renderer says: a picture "anew", as in the paper, "added" to the first three
            channels of its input, which then are colours, so that the background is right from the start, or "blended"
            into them.
        background: what is seen around the face: what the renderer paints there, as in the paper, or the video.
        unet: the deferred renderer.
        critic: its discriminator.
        renderer: training of texture, renderer and discriminator.
        parameters: training of what turns sound and emotion into parameters.
        seed: of weights and order.
    """

    texture: Literal["audio", "static"] = "audio"
    channels: int = 16
    siren: SirenSize = field(default_factory=SirenSize)
    encoder: PhonemeEncoderSize = field(default_factory=PhonemeEncoderSize)
    hears: Literal["face", "mouth"] = "face"
    half_window: int = 8
    radius: int = 3
    part: Literal["head", "face"] = "head"
    region: Literal["frame", "face"] = "frame"
    side: int = 256
    out: Output = "anew"
    background: Literal["network", "video"] = "network"
    unet: UNetSize = field(default_factory=lambda: UNetSize(downs=5, refine=False, dropout=0.0, norm="group"))
    critic: PatchSize = field(default_factory=lambda: PatchSize(norm="group"))
    renderer: ReadAvatarsRendererTraining = field(default_factory=ReadAvatarsRendererTraining)
    parameters: ParameterTraining = field(default_factory=ParameterTraining)
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuses what does not go together (ValueError)."""
        if self.side % 2**self.unet.downs:
            raise ValueError(f"side {self.side} must be a multiple of {2**self.unet.downs}, for unet.downs halvings")
        if self.channels < 3:
            raise ValueError(f"channels must be 3 or more, for the background's colours, not {self.channels}")
        layers = len(self.encoder.widths)
        if 2 * self.half_window < 2**layers and self.texture == "audio":
            raise ValueError(
                f"half_window must be {2 ** (layers - 1)} or more for the {layers} layers of "
                f"encoder.widths, which halve twice as many rows, not {self.half_window}"
            )
        check_falling(self.renderer.falling)
        if self.renderer.coarse and self.side % 2 ** (self.unet.downs + 1):
            raise ValueError(
                f"side {self.side} must be a multiple of {2 ** (self.unet.downs + 1)}, for unet.downs halvings of half "
                "of it in the epochs of renderer.coarse"
            )
        for name in ("lips", "sharpen"):
            if (value := getattr(self.renderer, name)) < 0.0:
                raise ValueError(f"{name} is 0 or more, not {value}")

    @property
    def inputs(self) -> int:
        """Channels that the renderer sees: 16 + 2 W_R in the paper."""
        return self.channels + 2 * (2 * self.radius + 1)


def read_settings(name: str) -> ReadAvatarsSettings:
    """The settings of a preset ("quick", "minutes", "paper", "tiny") or of a TOML file.

    Raises:
        ConfigError: there is no such preset or file, or it says something that cannot be.
    """
    return preset(ReadAvatarsSettings, name, Path(__file__).parent)
