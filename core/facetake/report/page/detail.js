// The selected line: its face, sound, curves, findings and verdict.
import { make } from "report/list";
import { inflate, unpackMedia } from "report/media";
import { Player } from "report/player";
import { Portrait } from "report/portrait";
import { COLOURS, Timeline } from "report/timeline";

const BEYOND = "Beyond the report's media budget: the recording is played from where it lies, and the face is not drawn.";
const TOLD_TWICE = / \(at [\d., ]+ s\)$/;  // the instants stand beside, to be clicked
const HEAD_ANGLES = ["yaw", "pitch", "roll"];

export class Detail {
  constructor(facts, verdicts, { onVerdict }) {
    Object.assign(this, { facts, verdicts, onVerdict, line: null, media: { missing: [] } });
    this.part = (name) => document.getElementById(name);
    this.player = new Player(this.part("audio"), {
      onTime: (time) => this.showTime(time), onState: (plays, problem) => this.showState(plays, problem),
    });
    this.portrait = new Portrait(document.querySelector(".stage"));
    this.timeline = new Timeline(this.part("timeline"), { onSeek: (time) => this.player.seek(time) });
    this.part("legend").replaceChildren(...facts.curves.map((name, i) => {
      const entry = make("span", "", name), colour = make("i", "");
      colour.style.background = COLOURS[i % COLOURS.length];
      entry.prepend(colour);
      return entry;
    }));
    this.listen();
    this.stage = this.openStage();
  }

  listen() {
    this.part("play").addEventListener("click", () => this.player.toggle());
    this.part("loop").addEventListener("change", (event) => { this.part("audio").loop = event.target.checked; });
    this.part("speed").addEventListener("change", (event) => { this.player.speed = Number(event.target.value); });
    this.part("version").addEventListener("click", () => this.switchVersion());
    this.part("correction").replaceChildren(new Option("as heard", ""), ...this.facts.emotions.flatMap((name) => (
      name === "neutral" ? [new Option(name, name)] : [1, 0.7, 0.4].map((weight) => new Option(weight === 1 ? name : `${name} ${weight}`, weight === 1 ? name : `${name}:${weight}`)))));
    this.part("correction").addEventListener("change", (event) => {
      this.verdicts.say(this.line, { emotion: event.target.value });
      this.showVerdict();
      this.onVerdict();
    });
    this.part("approve").addEventListener("click", () => this.judge("approved"));
    this.part("reject").addEventListener("click", () => this.judge("rejected"));
    this.part("note").addEventListener("input", (event) => {
      this.verdicts.say(this.line, { note: event.target.value });
      this.onVerdict();
    });
  }

  async openStage() {
    const head = this.part("head");
    if (!head) return null;
    try {
      const { Stage } = await import("report/stage");
      return await Stage.open(this.part("face"), await inflate(head.textContent));
    } catch (error) {
      this.noFace = `This browser does not draw the face (${error.message}); sound and curves are there.`;
      return null;
    }
  }

  // Other lines may be chosen while this one is unpacked: the last one chosen is shown
  async show(line) {
    this.line = line;
    this.part("detail").hidden = false;
    this.describe(line);
    this.showVerdict();
    this.player.load("");
    this.portrait.load({});
    const media = await unpackMedia(line, this.facts), stage = await this.stage;
    if (this.line !== line) {
      for (const address of [media.address, media.portrait?.address]) if (address) URL.revokeObjectURL(address);
      return;
    }
    this.media = media;
    this.isOld = false;
    this.showVersion();
    this.openedStage = stage;
    this.portrait.load(media.portrait ?? { href: line.portrait });
    this.player.load(media.address ?? (this.isBeyond(line) ? line.href : ""));
    this.timeline.time = 0;
    this.timeline.show(line.duration, media, line.wrong, this.facts);
    this.tellWhatIsMissing(line, media, stage);
    this.showTime(0);
    document.body.dataset.ready = line.number;
  }

  describe(line) {
    this.part("line-id").textContent = line.id;
    this.part("rank").textContent = line.status === "done" && line.percentile
      ? `Needs a look more than ${Math.round(line.percentile)} % of the lines` : "";
    const [heard] = line.heard;
    this.part("mood").hidden = !heard;
    this.part("heard").textContent = `auto ${heard}`;
    const facts = [line.character, line.emotion, line.duration ? `${line.duration.toFixed(2)} s` : "", line.why];
    facts.push(...line.others.map(([name, text]) => `${name}: ${text}`), ...line.told);
    this.part("line-facts").textContent = facts.filter(Boolean).join(" · ");
    this.part("line-text").textContent = line.text;
    this.part("findings").replaceChildren(...line.findings.toSorted((a, b) => a.passed - b.passed).map((one) => this.finding(one)));
  }

  finding({ name, value, limit, passed, message, at }) {
    const row = make("div", passed ? "finding" : "finding wrong"), what = make("span", "what", message.replace(TOLD_TWICE, ""));
    row.setAttribute("role", "listitem");
    for (const instant of passed ? [] : at) {
      const button = make("button", "at", `${instant.toFixed(2)} s`);
      button.type = "button";
      button.setAttribute("aria-label", `Go to ${instant.toFixed(2)} seconds`);
      button.addEventListener("click", () => this.player.seek(instant));
      what.append(button);
    }
    const measured = value === null ? "" : limit === null ? `${value}` : `${+value.toPrecision(3)} / ${+limit.toPrecision(3)}`;
    row.append(make("span", "name", name), what, make("span", "measured", measured));
    row.lastChild.title = "measured / limit";
    return row;
  }

  tellWhatIsMissing(line, media, stage) {
    const beyond = this.isBeyond(line) ? BEYOND : "";
    const cannot = this.facts.noFace || this.noFace || "";
    const said = line.message || media.missing.join(" ") || beyond || (media.motion ? cannot : "There is no take to show.");
    const note = this.part("face-note"), isDrawn = Boolean(stage && media.motion);
    note.textContent = said;
    note.hidden = isDrawn && !said;
    this.part("face").style.visibility = isDrawn ? "" : "hidden";
    this.part("play").disabled = !this.player.address;
  }

  // The take, or the version that was approved, at the same moment
  switchVersion() {
    if (!this.media.approved) return;
    this.isOld = !this.isOld;
    this.showVersion();
    this.timeline.show(this.line.duration, this.shownMedia(), this.line.wrong, this.facts);
    this.showTime(this.player.time);
  }

  shownMedia() {
    return this.isOld ? { ...this.media, motion: this.media.approved } : this.media;
  }

  showVersion() {
    const button = this.part("version");
    button.hidden = !this.media.approved;
    button.textContent = this.isOld ? "Approved version" : "New take";
    button.setAttribute("aria-pressed", Boolean(this.isOld));
  }

  isBeyond(line) {
    return !line.media && Boolean(line.href) && line.status === "done";
  }

  showTime(time) {
    if (!this.line) return;
    const { motion } = this.shownMedia(), total = this.line.duration || this.part("audio").duration || 0;
    const clock = this.part("clock");
    clock.replaceChildren(make("b", "", time.toFixed(2)), ` / ${total.toFixed(2)} s`);
    this.timeline.move(time);
    this.portrait.follow(time, !this.part("audio").paused, this.player.rate ?? 1);
    if (!motion || !this.openedStage) return;
    const values = motion.at(time);
    this.openedStage.show(values, values[motion.column.seal], HEAD_ANGLES.map((axis) => values[motion.column[axis]]));
  }

  showState(plays, problem) {
    this.part("play-sign").textContent = plays ? "❚❚" : "▶";
    this.part("play").setAttribute("aria-label", plays ? "Pause" : "Play");
    this.portrait.follow(this.player.time, plays, this.player.rate ?? 1);
    if (problem !== "unreachable" || !this.isBeyond(this.line)) return;
    const note = this.part("face-note");
    note.hidden = false;
    note.textContent = `${BEYOND} It cannot be reached from here: open the report where it was written.`;
  }

  // The same verdict twice takes it back
  judge(verdict) {
    if (!this.line) return;
    const before = this.verdicts.of(this.line).verdict;
    this.verdicts.say(this.line, { verdict: before === verdict ? "" : verdict });
    this.showVerdict();
    this.onVerdict();
  }

  showVerdict() {
    const { verdict, note, emotion = "" } = this.verdicts.of(this.line), choice = this.part("correction");
    if (emotion && ![...choice.options].some((option) => option.value === emotion)) choice.append(new Option(emotion, emotion));
    choice.value = emotion;
    this.part("mood").classList.toggle("corrected", Boolean(emotion));
    this.part("approve").setAttribute("aria-pressed", verdict === "approved");
    this.part("reject").setAttribute("aria-pressed", verdict === "rejected");
    this.part("note").value = note;
  }
}
