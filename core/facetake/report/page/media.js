// Unpacks the sound and the movement of one line, when it is looked at and not before.

export async function unpackMedia(line, facts) {
  const element = await mediaElement(line);
  if (!element) return { missing: [] };
  const packed = JSON.parse(element.textContent);
  const media = { missing: packed.missing ?? [] };
  if (packed.sound) {
    media.address = URL.createObjectURL(new Blob([bytesOf(packed.sound)], { type: packed.mime }));
    media.peaks = bytesOf(packed.peaks);
  }
  if (packed.portrait) {
    media.portrait = { address: URL.createObjectURL(new Blob([bytesOf(packed.portrait)], { type: packed.portraitMime })), mime: packed.portraitMime };
  }
  if (packed.motion) media.motion = new Motion(await inflate(packed.motion), packed, facts);
  if (packed.approved?.motion) media.approved = new Motion(await inflate(packed.approved.motion), packed.approved, facts);
  media.visemes = packed.visemes ?? [];
  media.words = packed.words ?? [];
  return media;
}

// Media stand at the end of the page: while the browser still reads it, they may be a moment away
async function mediaElement(line) {
  if (!line.media) return null;
  const find = () => document.getElementById(`media-${line.number}`);
  const isWhole = (element) => element && (element.nextSibling || document.readyState !== "loading");
  while (!isWhole(find()) && document.readyState === "loading") await new Promise((go) => setTimeout(go, 50));
  return find();
}

export function bytesOf(base64) {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export async function inflate(base64) {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Channels over time: `at` gives all of them at an instant of the recording, between frames by a straight line
export class Motion {
  constructor(steps, { frames, start, low, high }, facts) {
    Object.assign(this, { frames, start, rate: facts.motionHz, names: facts.channels });
    const count = this.names.length, angles = low.length;
    this.column = Object.fromEntries(this.names.map((name, i) => [name, i]));
    this.tracks = this.names.map((_, i) => {
      const bottom = i < count - angles ? 0 : low[i - count + angles];
      const top = i < count - angles ? 1 : high[i - count + angles];
      const track = new Float32Array(frames);
      for (let t = 0, byte = 0; t < frames; t += 1) {
        byte = (byte + steps[i * frames + t]) & 255;
        track[t] = bottom + (byte / 255) * (top - bottom);
      }
      return track;
    });
    this.values = new Float32Array(count);
  }

  at(time) {
    const place = Math.min(Math.max((time - this.start) * this.rate, 0), this.frames - 1);
    const below = Math.floor(place), above = Math.min(below + 1, this.frames - 1), share = place - below;
    this.tracks.forEach((track, i) => { this.values[i] = track[below] + share * (track[above] - track[below]); });
    return this.values;
  }
}
