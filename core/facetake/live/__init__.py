"""Takes and a microphone to programs that run: Live Link Face's packets for Unreal, VMC's messages for others.

A frame goes out when it is heard: every frame's instant is computed from its number, so that nothing adds up over a
long line, and follows the sound card's clock where sound is played. Packets go to this machine unless another is named.
`recorder` is the other end: it makes a take of what a phone or another program sends.
"""

from facetake.live.clock import FollowingClock, LiveClock, SteadyClock, now_s
from facetake.live.connections import PROTOCOLS, Connections, playing
from facetake.live.destination import HIGHEST_PORT, LIVE_LINK_PORT, LOOPBACK, Destination
from facetake.live.frame import LiveFrame, frame_of
from facetake.live.live_link import FaceEncoder, FacePacket, decode
from facetake.live.microphone import Microphone
from facetake.live.performer import LiveOptions, LivePerformer
from facetake.live.recorder import Recorder, take_of
from facetake.live.sound import Playback, playable
from facetake.live.stream import LiveResult, Output, stream_frames, stream_take
from facetake.live.vmc import VmcEncoder
from facetake.live.voice import stream_voice

__all__ = [
    "HIGHEST_PORT",
    "LIVE_LINK_PORT",
    "LOOPBACK",
    "PROTOCOLS",
    "Destination",
    "FaceEncoder",
    "FacePacket",
    "FollowingClock",
    "Output",
    "LiveClock",
    "LiveFrame",
    "LiveOptions",
    "LivePerformer",
    "LiveResult",
    "Microphone",
    "Playback",
    "Recorder",
    "SteadyClock",
    "VmcEncoder",
    "Connections",
    "decode",
    "frame_of",
    "now_s",
    "playable",
    "playing",
    "stream_frames",
    "stream_take",
    "stream_voice",
    "take_of",
]
