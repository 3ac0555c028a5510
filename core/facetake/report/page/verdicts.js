// What people said of lines: kept in the browser for this report, exported as a file that the next run reads.

export class Verdicts {
  constructor(facts, lines) {
    this.key = `facetake-report:${facts.key}`;
    this.lines = lines;
    this.said = this.load();
  }

  // A verdict holds for the take it was given to: another take of the same line starts anew.
  of(line) {
    const said = this.said[line.id];
    if (said && said.take_sha256 === line.sha) return said;
    return { verdict: line.verdict, note: line.note, emotion: line.correction, take_sha256: line.sha };
  }

  say(line, change) {
    this.said[line.id] = { ...this.of(line), ...change, take_sha256: line.sha };
    this.save();
  }

  // What the next run has to hear: a verdict, what differs from the list's, and what an earlier file may have told it
  isToTell(line) {
    const { verdict, note, emotion = "", told } = this.of(line);
    return Boolean(verdict || told) || verdict !== line.verdict || note !== line.note || emotion !== line.correction;
  }

  // Approves what was made and has no verdict; how many that were
  approveAll(lines) {
    const open = lines.filter((line) => line.status === "done" && line.sha && !this.of(line).verdict);
    for (const line of open) this.said[line.id] = { ...this.of(line), verdict: "approved", take_sha256: line.sha };
    if (open.length) this.save();
    return open.length;
  }

  counts() {
    const counts = { approved: 0, rejected: 0, noted: 0, corrected: 0 };
    for (const line of this.lines) {
      const { verdict, note, emotion } = this.of(line);
      if (verdict === "approved" || verdict === "rejected") counts[verdict] += 1;
      else if (note && note !== line.note) counts.noted += 1;
      if (emotion) counts.corrected += 1;
    }
    return counts;
  }

  document() {
    const lines = {};
    for (const line of this.lines.filter((one) => this.isToTell(one))) {  // what is not told stays as it was
      const { verdict, note, emotion = "", take_sha256 } = this.of(line);
      const value = { verdict, note, take_sha256, ...(emotion || line.correction ? { emotion } : {}) };
      // defined, not assigned: a line may be called __proto__
      Object.defineProperty(lines, line.id, { value, enumerable: true });
    }
    return { facetake_approvals: 1, lines };
  }

  // What a file told once is told again when it is taken back, whether or not a run has read it since
  download() {
    const document_ = this.document(), text = `${JSON.stringify(document_, null, 1)}\n`;
    for (const id of Object.keys(document_.lines)) if (this.said[id]) this.said[id].told = true;
    this.save();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "facetake-approvals.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  load() {
    const said = Object.create(null);
    try {
      return Object.assign(said, JSON.parse(localStorage.getItem(this.key) ?? "{}"));
    } catch {
      return said;  // a browser that keeps nothing for pages from a disk: the verdicts last until the page is closed
    }
  }

  save() {
    try {
      localStorage.setItem(this.key, JSON.stringify(this.said));
    } catch {
      this.isForgetful = true;
    }
  }
}
