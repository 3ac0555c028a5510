// The virtual list: as many row elements as the window shows, moved and refilled while scrolling.
import { stateOf } from "report/lines";

const ROW_PX = { wide: 28, narrow: 48 }, SPARE_ROWS = 6, MOST_LETTERS = 160;
const NARROW = matchMedia("(max-width: 760px)");  // as in the style
// Name, title, tip, width, and what a line has in it: a column in which no line has anything is left out
const COLUMNS = [
  ["rank", "", "Worst first", "30px", () => true],
  ["id", "Line", "By id", "minmax(120px, 1.1fr)", () => true],
  ["character", "Character", "By character", "minmax(80px, .5fr)", (line) => line.character],
  ["emotion", "Emotion", "By emotion", "minmax(100px, .7fr)", (line) => line.emotion],
  ["text", "Text", "By text", "minmax(120px, 2fr)", (line) => line.text],
  ["checks", "Findings", "By checks that failed", "minmax(120px, 1fr)", (line) => line.wrong.length || line.status === "failed"],
  ["percentile", "Worse than", "By the share of the lines that need a look less", "84px", (line) => line.percentile],
  ["duration", "Length", "By length", "60px", (line) => line.duration],
  ["verdict", "Verdict", "By verdict", "78px", () => true],
];
const STYLES = {
  rank: "dim dot-cell", id: "id", text: "said-cell", checks: "dim checks-cell", percentile: "length dim", duration: "length dim", verdict: "verdict-cell",
};
const STATES = { failed: "could not be made", waiting: "not begun", faulty: "a check failed", fine: "every check passed" };

export class List {
  constructor(shown, verdicts, { onSelect, onSort }) {
    Object.assign(this, { shown, verdicts, onSelect, onSort, selected: null, rows: [] });
    this.grid = document.getElementById("grid");
    this.scroller = document.getElementById("scroller");
    this.spacer = document.getElementById("spacer");
    this.columns = COLUMNS.filter(([, , , , has]) => shown.all.some(has));
    document.documentElement.style.setProperty("--columns", this.columns.map(([, , , width]) => width).join(" "));
    this.grid.setAttribute("aria-colcount", this.columns.length);
    this.drawColumns();
    this.scroller.addEventListener("scroll", () => this.schedule(), { passive: true });
    this.scroller.addEventListener("click", (event) => {
      const row = event.target.closest(".line");
      if (row) this.onSelect(row.shownLine);
    });
    new ResizeObserver(() => this.refresh()).observe(this.scroller);
  }

  drawColumns() {
    const head = document.getElementById("columns");
    head.replaceChildren(...this.columns.map(([column, title, tip], i) => {
      const cell = make("div", STYLES[column]?.startsWith("length") ? "length" : "");
      cell.setAttribute("role", "columnheader");
      cell.setAttribute("aria-colindex", i + 1);
      const button = make("button", "");
      button.type = "button";
      button.dataset.column = column;
      button.title = tip;
      button.setAttribute("aria-label", `Sort ${tip.toLowerCase()}`);
      button.addEventListener("click", () => this.onSort(column));
      cell.append(button);
      cell.title_ = title;
      return cell;
    }));
    this.heads = [...head.children];
  }

  markColumns() {
    const { column, down } = this.shown.sort;
    this.heads.forEach((cell, i) => {
      const isSorted = this.columns[i][0] === column;
      cell.setAttribute("aria-sort", isSorted ? (down ? "descending" : "ascending") : "none");
      cell.firstChild.textContent = cell.title_ + (isSorted ? (down ? " ▼" : " ▲") : cell.title_ ? "" : "◆");
    });
  }

  schedule() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => { this.isDue = false; this.draw(); });
  }

  // Everything anew: after a sort, a filter, a verdict or a change of size
  refresh() {
    this.markColumns();
    const count = this.shown.lines.length;
    this.rowPx = NARROW.matches ? ROW_PX.narrow : ROW_PX.wide;
    this.spacer.style.height = `${count * this.rowPx}px`;
    this.grid.setAttribute("aria-rowcount", count + 1);
    this.heads[0].parentElement.style.paddingRight = `${this.scroller.offsetWidth - this.scroller.clientWidth}px`;
    document.getElementById("none").hidden = count > 0;
    this.placeColumns();
    const wanted = Math.ceil(this.scroller.clientHeight / this.rowPx) + SPARE_ROWS;
    while (this.rows.length < wanted) this.rows.push(this.makeRow());
    while (this.rows.length > wanted) this.rows.pop().remove();
    for (const row of this.rows) row.place = -1;
    this.draw();
  }

  // Rows take their columns' places from the head, so that nothing is measured while scrolling
  placeColumns() {
    this.heads.forEach((cell, i) => {
      this.grid.style.setProperty(`--x${i}`, `${cell.offsetLeft - this.grid.offsetLeft}px`);
      this.grid.style.setProperty(`--w${i}`, `${cell.offsetWidth}px`);
    });
  }

  // A row element serves every place that leaves the same rest, so scrolling by one row refills one element
  draw() {
    const count = this.shown.lines.length, pool = this.rows.length;
    const top = Math.floor(this.scroller.scrollTop / this.rowPx) - SPARE_ROWS / 2;
    const first = Math.max(0, Math.min(top, count - pool));
    for (let place = first; place < first + pool; place += 1) {
      const row = this.rows[place % pool];
      if (row.place === place) continue;
      row.place = place;
      const line = this.shown.lines[place];
      row.hidden = !line;
      if (line) this.fill(row, line, place);
    }
  }

  makeRow() {
    const row = make("div", "row line");
    row.setAttribute("role", "row");
    row.cells = {};
    this.columns.forEach(([column], i) => {
      const cell = make("div", STYLES[column] ?? "dim");
      row.cells[column] = cell;
      cell.setAttribute("role", "gridcell");
      cell.style.left = `var(--x${i})`;
      cell.style.width = `var(--w${i})`;
      cell.setAttribute("aria-colindex", i + 1);
      cell.append("");
      row.append(cell);
    });
    row.dot = row.cells.rank.appendChild(make("span", "dot"));
    row.dot.setAttribute("role", "img");
    this.scroller.append(row);
    return row;
  }

  fill(row, line, place) {
    const { id, character, emotion, text, checks, percentile, duration, verdict } = row.cells;
    const said = this.verdicts.of(line).verdict, state = stateOf(line);
    row.shownLine = line;
    if (row.state !== state) row.className = `row line ${row.state = state}`;
    row.id = `row-${line.number}`;
    row.style.transform = `translateY(${place * this.rowPx}px)`;
    row.setAttribute("aria-rowindex", place + 2);
    row.setAttribute("aria-selected", line === this.selected);
    row.dot.className = `dot ${state}`;
    row.dot.setAttribute("aria-label", STATES[state]);
    write(id, line.id);
    if (character) write(character, line.character);
    if (emotion) write(emotion, this.moodOf(line));
    if (text) write(text, line.text);
    if (percentile) write(percentile, line.status === "done" ? `${Math.round(line.percentile)} %` : "");
    if (duration) write(duration, line.duration ? `${line.duration.toFixed(1)} s` : "");
    write(verdict, said);
    verdict.className = `verdict-cell ${said}`;
    if (checks) this.fillChips(checks, line);
  }

  // The mood that was asked for, or heard, or set right
  moodOf(line) {
    const { emotion } = this.verdicts.of(line), [, heard, certainty] = line.heard;
    if (emotion) return `${emotion}, set right`;
    return heard ? `${heard}, ${Math.round(100 * certainty)} %` : line.emotion;
  }

  fillChips(cell, line) {
    const chips = line.status === "failed" ? ["not made"] : line.wrong.map((finding) => finding.name);
    const key = `${line.status}\n${chips.join("\n")}`;
    if (cell.shownKey === key) return;
    cell.shownKey = key;
    cell.replaceChildren(...chips.map((name) => make("span", line.status === "failed" ? "chip failed" : "chip", name)));
  }

  select(line) {
    this.selected = line;
    for (const row of this.rows) row.setAttribute("aria-selected", row.shownLine === line);
    if (!line) return;
    this.grid.setAttribute("aria-activedescendant", `row-${line.number}`);
    const place = this.shown.places.get(line), top = place * this.rowPx, { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + this.rowPx > scrollTop + clientHeight) this.scroller.scrollTop = top + this.rowPx - clientHeight;
    this.draw();
  }
}

// What a cell has room for, and only where it differs: most of the cost of scrolling is laying out text
function write(cell, text) {
  const shown = text.length > MOST_LETTERS ? text.slice(0, MOST_LETTERS) : text;
  if (cell.firstChild.data !== shown) cell.firstChild.data = shown;
}

export function make(tag, style, text) {
  const element = document.createElement(tag);
  if (style) element.className = style;
  if (text !== undefined) element.textContent = text;
  return element;
}
