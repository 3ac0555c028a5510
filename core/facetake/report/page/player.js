// Plays the recording and tells the time, every picture while it plays.

export class Player {
  constructor(audio, { onTime, onState }) {
    Object.assign(this, { audio, onTime, onState, address: "" });
    audio.addEventListener("play", () => { this.onState(true); this.run(); });
    audio.addEventListener("pause", () => this.onState(false));
    audio.addEventListener("ended", () => { this.onState(false); this.tell(); });
    audio.addEventListener("seeked", () => this.tell());
    audio.addEventListener("loadedmetadata", () => this.tell());
    audio.addEventListener("error", () => { if (this.address) this.onState(false, "unreachable"); });
  }

  load(address) {
    this.audio.pause();
    if (this.address.startsWith("blob:")) URL.revokeObjectURL(this.address);
    this.address = address;
    if (address) this.audio.src = address;
    else this.audio.removeAttribute("src");
    this.audio.load();
    this.audio.playbackRate = this.rate ?? 1;
  }

  set speed(rate) {
    this.rate = rate;
    this.audio.playbackRate = rate;
  }

  get time() {
    return this.audio.currentTime;
  }

  seek(time) {
    if (!this.address) return;
    this.audio.currentTime = Math.max(0, Math.min(time, this.audio.duration || time));
    this.tell();
  }

  toggle() {
    if (!this.address) return;
    if (!this.audio.paused) this.audio.pause();
    else this.audio.play().catch(() => this.onState(false, "unreachable"));
  }

  run() {
    this.tell();
    if (!this.audio.paused && !this.audio.ended) requestAnimationFrame(() => this.run());
  }

  tell() {
    this.onTime(this.audio.currentTime);
  }
}
