// The recording as a waveform with the main curves over it, the checks' findings at their seconds, and the position.

export const COLOURS = ["#ee7a60", "#68bedc", "#aad26e", "#d2a0e6", "#f0c86e"];
const WAVE = "#2c4259", GRID = "#20242b", INK = "#78808d", HEAD = "#ffd65c", WRONG = "#e8796a";
const FLAG_PX = 18, TIME_PX = 16, MARGIN_PX = 4, BAND_PX = 13;
const VISEME = "#8fa3b8", WORD = "#d9dde4", EDGE = "#39424e";

export class Timeline {
  constructor(canvas, { onSeek }) {
    Object.assign(this, { canvas, drawn: document.createElement("canvas"), duration: 0, time: 0, ratio: 1 });
    this.marks = [];
    const seek = (event) => this.duration && onSeek(this.timeAt(event.offsetX));
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); seek(event); });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) seek(event);
      canvas.title = this.markAt(event.offsetX, event.offsetY);
    });
    new ResizeObserver(() => this.redraw()).observe(canvas);
  }

  // media: as unpacked; findings: those that failed
  show(duration, media, findings, facts) {
    this.duration = duration;
    Object.assign(this, { media, facts });
    this.marks = findings.flatMap(({ name, message, at }) => at.map((instant) => ({ name, message, instant })));
    this.marks.sort((a, b) => a.instant - b.instant);
    this.canvas.setAttribute("aria-valuemax", this.duration.toFixed(2));
    this.redraw();
  }

  x(time) {
    return MARGIN_PX + (time / this.duration) * (this.width - 2 * MARGIN_PX);
  }

  timeAt(x) {
    return Math.min(Math.max((x - MARGIN_PX) / (this.width - 2 * MARGIN_PX), 0), 1) * this.duration;
  }

  markAt(x, y) {
    const near = y < FLAG_PX ? this.marks.filter((mark) => Math.abs(this.markX(mark.instant) - x) < 5) : [];
    return near.map((mark) => `${mark.name} at ${mark.instant.toFixed(2)} s: ${mark.message}`).join("\n");
  }

  move(time) {
    this.time = time;
    this.canvas.setAttribute("aria-valuenow", time.toFixed(2));
    this.canvas.setAttribute("aria-valuetext", `${time.toFixed(2)} seconds`);
    const context = this.canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (!this.width || !this.duration) return;
    context.drawImage(this.drawn, 0, 0);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = HEAD;
    context.fillRect(this.x(Math.min(time, this.duration)) - 0.75, 0, 1.5, this.bottom);
  }

  redraw() {
    this.ratio = Math.min(devicePixelRatio, 2);
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    const bands = [this.media?.visemes, this.media?.words].filter((one) => one?.length).length;
    this.bottom = this.height - TIME_PX - bands * BAND_PX;  // of the curves: words and visemes stand below
    if (!this.width) return;
    for (const canvas of [this.canvas, this.drawn]) {
      canvas.width = Math.round(this.width * this.ratio);
      canvas.height = Math.round(this.height * this.ratio);
    }
    const context = this.drawn.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    if (this.duration) {
      this.drawTimes(context);
      this.drawWave(context);
      this.drawCurves(context);
      this.drawMarks(context);
      this.drawBands(context);
    }
    this.move(this.time);
  }

  drawTimes(context) {
    const steps = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 600], step = steps.find((one) => this.duration / one <= 12) ?? 3600;
    context.font = "10px system-ui, sans-serif";
    for (let time = 0; time <= this.duration + 1e-6; time += step) {
      context.fillStyle = GRID;
      context.fillRect(Math.round(this.x(time)), 0, 1, this.bottom + 3);
      context.fillStyle = INK;
      const label = `${+time.toFixed(2)} s`, room = context.measureText(label).width;
      if (this.x(time) + 3 + room < this.width) context.fillText(label, this.x(time) + 3, this.height - 4);
    }
  }

  drawWave(context) {
    const peaks = this.media.peaks;
    if (!peaks?.length) return;
    const middle = (this.bottom + FLAG_PX) / 2, reach = (this.bottom - FLAG_PX) / 2 - 4;
    const loudest = Math.max(peaks.reduce((a, b) => Math.max(a, b), 0), 12), perPoint = (this.duration * this.facts.peaksHz) / this.width;
    context.fillStyle = WAVE;
    for (let x = MARGIN_PX; x < this.width - MARGIN_PX; x += 1) {
      const first = Math.floor(this.timeAt(x) * this.facts.peaksHz), after = Math.max(first + 1, Math.ceil(first + perPoint));
      let peak = 0;
      for (let i = first; i < after && i < peaks.length; i += 1) peak = Math.max(peak, peaks[i]);
      const half = Math.max((peak / loudest) * reach, 0.5);
      context.fillRect(x, middle - half, 1, 2 * half);
    }
  }

  drawCurves(context) {
    const motion = this.media.motion;
    if (!motion) return;
    const bottom = this.bottom - 4, top = FLAG_PX + 4;
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    this.facts.curves.forEach((name, i) => {
      context.strokeStyle = COLOURS[i % COLOURS.length];
      context.beginPath();
      motion.tracks[motion.column[name]].forEach((value, frame) => {
        context.lineTo(this.x(motion.start + frame / motion.rate), bottom - value * (bottom - top));
      });
      context.stroke();
    });
  }

  // What was heard, under the curves: visemes, then the words of the text where there is one
  drawBands(context) {
    const bands = [[this.media.visemes, VISEME, 1], [this.media.words, WORD, 0]].filter(([some]) => some?.length);
    context.font = "10px system-ui, sans-serif";
    bands.forEach(([some, colour, silent], band) => {
      const top = this.bottom + band * BAND_PX;
      for (const [name, begin, end] of some) {
        if (silent && name === "sil") continue;
        const left = this.x(begin), room = this.x(Math.min(end, this.duration)) - left, width = context.measureText(name).width;
        context.fillStyle = EDGE;
        context.fillRect(left, top + 1, 1, BAND_PX - 3);
        context.fillStyle = colour;
        if (width + 2 <= room) context.fillText(name, left + 2 + (silent ? (room - 2 - width) / 2 : 0), top + 9);
        else if (!silent) this.drawCut(context, name, left + 2, top + 9, room - 2);
      }
    });
  }

  // A word that has too little room: as many letters as fit, as a whole one would run into the next
  drawCut(context, name, x, y, room) {
    let letters = name.length;
    while (letters && context.measureText(name.slice(0, letters)).width > room) letters -= 1;
    if (letters) context.fillText(name.slice(0, letters), x, y);
  }

  drawMarks(context) {
    context.font = "10px system-ui, sans-serif";
    this.marks.forEach(({ name, instant }, i) => {
      const x = this.markX(instant), room = context.measureText(name).width, next = this.marks[i + 1];
      context.fillStyle = WRONG;
      context.globalAlpha = 0.45;
      context.fillRect(x - 0.5, FLAG_PX - 4, 1, this.bottom - FLAG_PX + 4);
      context.globalAlpha = 1;
      context.beginPath();
      context.moveTo(x - 4, FLAG_PX - 9);
      context.lineTo(x + 4, FLAG_PX - 9);
      context.lineTo(x, FLAG_PX - 2);
      context.fill();
      const end = next ? this.markX(next.instant) - 5 : this.width;  // names that found no room show under the pointer
      if (x + 7 + room < end) context.fillText(name, x + 7, FLAG_PX - 5);
    });
  }

  markX(instant) {
    return this.x(Math.min(Math.max(instant, 0), this.duration));
  }
}
