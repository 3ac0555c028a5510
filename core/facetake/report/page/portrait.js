// The line as a portrait beside the drawn face: a picture, or a film that keeps to the recording's time.
import { make } from "report/list";

const FILM = /\.(mp4|webm)$/i;
const DRIFT_S = 0.08;  // two frames of film: less is not seen, and each correction makes it stop for a moment

export class Portrait {
  constructor(stage) {
    Object.assign(this, { stage, address: "", shown: null, film: null });
  }

  // By what the page carries, else by where the file lies; neither: no portrait
  load({ address = "", mime = "", href = "" }) {
    if (this.address.startsWith("blob:")) URL.revokeObjectURL(this.address);
    this.shown?.remove();
    this.address = address || href;
    const isFilm = Boolean(this.address) && (mime ? mime.startsWith("video/") : FILM.test(href));
    this.shown = this.address ? this.element(isFilm) : null;
    this.film = isFilm ? this.shown : null;
    this.stage.classList.toggle("beside", Boolean(this.shown));
    if (this.shown) this.stage.prepend(this.shown);
  }

  element(isFilm) {
    const element = make(isFilm ? "video" : "img", "portrait");
    element.id = "portrait";
    Object.assign(element, isFilm ? { muted: true, playsInline: true, preload: "auto" } : { alt: "The line as a portrait" });
    if (isFilm) element.setAttribute("aria-label", "The line as a portrait, in time with the sound");
    element.addEventListener("error", () => { if (element === this.shown) this.load({}); });
    element.src = this.address;
    return element;
  }

  // The recording's time, whether it plays, and how fast
  follow(time, plays, speed) {
    if (!this.film) return;
    const { film } = this, wanted = Math.min(time, film.duration || time);
    film.playbackRate = speed;
    if (Math.abs(film.currentTime - wanted) > (plays ? DRIFT_S : 0)) film.currentTime = wanted;
    if (plays && film.paused && !film.ended) film.play().catch(() => {});
    if (!plays && !film.paused) film.pause();
  }
}
