// The rows of the report, and which of them are shown in which order. Knows no element of the page but the data.

export const FAILED = "failed", DONE = "done";

export function readFacts() {
  return JSON.parse(document.getElementById("facts").textContent);
}

export function readLines(facts) {
  const lines = [];
  for (const chunk of document.querySelectorAll("script.rows")) {
    for (const values of JSON.parse(chunk.textContent)) {
      const line = { number: lines.length };
      facts.fields.forEach((field, i) => { line[field] = values[i]; });
      line.findings = line.findings.map(([name, value, limit, passed, message, at]) => ({ name, value, limit, passed, message, at }));
      line.wrong = line.findings.filter((finding) => !finding.passed);
      line.sought = `${line.id}\n${line.text}`.toLowerCase();
      lines.push(line);
    }
    chunk.remove();
  }
  return lines;
}

export function stateOf(line) {
  if (line.status === FAILED) return "failed";
  if (line.status !== DONE) return "waiting";
  return line.wrong.length ? "faulty" : "fine";
}

// What a column sorts by; lines that compare equal stay worst first
export const SORTS = {
  rank: (line) => line.number,
  id: (line) => line.id,
  character: (line) => line.character,
  emotion: (line) => line.emotion,
  text: (line) => line.text,
  checks: (line) => -(line.status === FAILED ? 1e6 : line.wrong.length),
  percentile: (line) => -line.percentile,
  duration: (line) => line.duration,
  verdict: (line, verdicts) => verdicts.of(line).verdict || "~",
};

export class Shown {
  constructor(lines, verdicts) {
    this.all = lines;
    this.verdicts = verdicts;
    this.reset();
  }

  reset() {
    this.sort = { column: "rank", down: false };
    this.filters = { search: "", character: "", emotion: "", check: "", verdict: "" };
    this.update();
  }

  sortBy(column) {
    this.sort = { column, down: this.sort.column === column && !this.sort.down };
    this.update();
  }

  update() {
    const key = SORTS[this.sort.column], sign = this.sort.down ? -1 : 1;
    const words = this.filters.search.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = this.all.filter((line) => this.passes(line, words));
    const keys = new Map(kept.map((line) => [line, key(line, this.verdicts)]));
    this.lines = kept.sort((a, b) => sign * compare(keys.get(a), keys.get(b)) || a.number - b.number);
    this.places = new Map(this.lines.map((line, place) => [line, place]));
  }

  passes(line, words) {
    const { character, emotion, check, verdict } = this.filters;
    return words.every((word) => line.sought.includes(word))
      && (!character || line.character === character.slice(1))
      && (!emotion || line.emotion === emotion.slice(1))
      && (!check || this.hasFailed(line, check))
      && (!verdict || (this.verdicts.of(line).verdict || "open") === verdict);
  }

  hasFailed(line, check) {
    if (check === "?any") return line.wrong.length > 0;
    if (check === "?failed") return line.status === FAILED;
    if (check === "?none") return stateOf(line) === "fine";
    return line.wrong.some((finding) => finding.name === check.slice(1));
  }
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function compare(a, b) {
  return typeof a === "number" ? a - b : collator.compare(a, b);
}

// The values of a field and how many lines have each, in reading order
export function tally(lines, valuesOf) {
  const counts = new Map();
  for (const line of lines) {
    for (const value of valuesOf(line)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => collator.compare(a[0], b[0]));
}
