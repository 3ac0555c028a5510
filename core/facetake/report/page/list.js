// The virtual list: as many row elements as the window shows, moved and refilled while scrolling.
import { stateOf } from "report/lines";

const ROW_PX = 28, SPARE_ROWS = 6, MOST_LETTERS = 160;
export const COLUMNS = [
  ["rank", "", "Worst first"], ["id", "Line", "By id"], ["character", "Character", "By character"],
  ["emotion", "Emotion", "By emotion"], ["text", "Text", "By text"], ["checks", "Findings", "By checks that failed"],
  ["duration", "Length", "By length"], ["verdict", "Verdict", "By verdict"],
];
const STATES = { failed: "could not be made", waiting: "not begun", faulty: "a check failed", fine: "every check passed" };

export class List {
  constructor(shown, verdicts, { onSelect, onSort }) {
    Object.assign(this, { shown, verdicts, onSelect, onSort, selected: null, rows: [] });
    this.grid = document.getElementById("grid");
    this.scroller = document.getElementById("scroller");
    this.spacer = document.getElementById("spacer");
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
    head.replaceChildren(...COLUMNS.map(([column, title, tip], i) => {
      const cell = make("div", column === "duration" ? "length" : "");
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
      const isSorted = COLUMNS[i][0] === column;
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
    this.spacer.style.height = `${count * ROW_PX}px`;
    this.grid.setAttribute("aria-rowcount", count + 1);
    this.heads[0].parentElement.style.paddingRight = `${this.scroller.offsetWidth - this.scroller.clientWidth}px`;
    document.getElementById("none").hidden = count > 0;
    this.placeColumns();
    const wanted = Math.ceil(this.scroller.clientHeight / ROW_PX) + SPARE_ROWS;
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
    const top = Math.floor(this.scroller.scrollTop / ROW_PX) - SPARE_ROWS / 2;
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
    row.cells = COLUMNS.map(([column], i) => {
      const cell = make("div", { id: "id", text: "said-cell", duration: "length dim", verdict: "verdict-cell" }[column] ?? "dim");
      cell.setAttribute("role", "gridcell");
      cell.style.left = `var(--x${i})`;
      cell.style.width = `var(--w${i})`;
      cell.setAttribute("aria-colindex", i + 1);
      cell.append("");
      row.append(cell);
      return cell;
    });
    row.dot = row.cells[0].appendChild(make("span", "dot"));
    row.dot.setAttribute("role", "img");
    this.scroller.append(row);
    return row;
  }

  fill(row, line, place) {
    const [, id, character, emotion, text, checks, duration, verdict] = row.cells;
    const said = this.verdicts.of(line).verdict, state = stateOf(line);
    row.shownLine = line;
    row.id = `row-${line.number}`;
    row.style.transform = `translateY(${place * ROW_PX}px)`;
    row.setAttribute("aria-rowindex", place + 2);
    row.setAttribute("aria-selected", line === this.selected);
    row.dot.className = `dot ${state}`;
    row.dot.setAttribute("aria-label", STATES[state]);
    write(id, line.id);
    write(character, line.character);
    write(emotion, line.emotion);
    write(text, line.text);
    write(duration, line.duration ? `${line.duration.toFixed(1)} s` : "");
    write(verdict, said);
    verdict.className = `verdict-cell ${said}`;
    this.fillChips(checks, line);
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
    const place = this.shown.places.get(line), top = place * ROW_PX, { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + ROW_PX > scrollTop + clientHeight) this.scroller.scrollTop = top + ROW_PX - clientHeight;
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
