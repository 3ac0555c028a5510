// Brings the page to life: the list on the left, the selected line on the right, filters above, keys everywhere.
import { Detail } from "report/detail";
import { readFacts, readLines, Shown, stateOf, tally } from "report/lines";
import { List, make } from "report/list";
import { Verdicts } from "report/verdicts";

const SEEK_S = 0.1, PAGE_ROWS = 20, SEARCH_WAIT_MS = 120;
const part = (name) => document.getElementById(name);
const facts = readFacts(), lines = readLines(facts), verdicts = new Verdicts(facts, lines);
const shown = new Shown(lines, verdicts);
const list = new List(shown, verdicts, { onSelect: read, onSort: sort });
const detail = new Detail(facts, verdicts, { onVerdict: () => { list.refresh(); summarise(); } });

function select(line) {
  if (!line) return;
  list.select(line);
  if (line !== detail.line) detail.show(line);
}

// On a phone the list and the line are each a page of their own
function read(line) {
  select(line);
  document.body.classList.add("reading");
}

function approveShown() {
  const open = shown.lines.filter((line) => line.status === "done" && line.sha && !verdicts.of(line).verdict).length;
  if (!open || !confirm(`Approve ${open.toLocaleString("en")} lines that are shown and have no verdict?`)) return;
  verdicts.approveAll(shown.lines);
  if (detail.line) detail.showVerdict();
  list.refresh();
  summarise();
}

function step(rows) {
  const place = shown.places.get(list.selected) ?? -1;
  select(shown.lines[Math.min(Math.max(place + rows, 0), shown.lines.length - 1)]);
}

function sort(column) {
  shown.sortBy(column);
  update();
}

function update() {
  list.refresh();
  part("scroller").scrollTop = 0;
  part("shown").textContent = `${shown.lines.length.toLocaleString("en")} of ${lines.length.toLocaleString("en")} shown`;
  if (list.selected && shown.places.has(list.selected)) list.select(list.selected);
}

function summarise() {
  const counts = { failed: 0, waiting: 0, faulty: 0, fine: 0 }, { approved, rejected, noted, corrected } = verdicts.counts();
  for (const line of lines) counts[stateOf(line)] += 1;
  const facts_ = [
    [lines.length, "lines"], [counts.failed, "not made"], [counts.waiting, "not begun"], [counts.faulty, "with findings"],
    [approved, "approved"], [rejected, "rejected"], [noted, "with a note alone"], [corrected, corrected === 1 ? "mood set right" : "moods set right"],
  ].filter(([count], i) => count || i === 0);
  part("summary").replaceChildren(...facts_.flatMap(([count, what], i) => [i ? "  ·  " : "", make("b", "", count.toLocaleString("en")), ` ${what}`]));
}

function fillFilter(name, options) {
  const select_ = part(`filter-${name}`);
  select_.replaceChildren(...options.map(([value, title]) => new Option(title, value)));
  select_.addEventListener("change", () => { shown.filters[name] = select_.value; shown.update(); update(); });
}

// A mark before each value keeps an empty one, and one called like a choice of ours, apart from "all"
function choices(counts) {
  return counts.map(([value, count]) => [`=${value}`, `${value || "none"} (${count.toLocaleString("en")})`]);
}

function setUpFilters() {
  for (const name of ["character", "emotion"]) part(`by-${name}`).hidden = !lines.some((line) => line[name]);
  fillFilter("character", [["", "any character"], ...choices(tally(lines, (line) => [line.character]))]);
  fillFilter("emotion", [["", "any emotion"], ...choices(tally(lines, (line) => [line.emotion]))]);
  const checks = choices(tally(lines, (line) => line.wrong.map((finding) => finding.name)));
  fillFilter("check", [["", "any check"], ["?any", "one failed"], ...checks, ["?none", "every one passed"], ["?failed", "not made"]]);
  fillFilter("verdict", [["", "any verdict"], ["open", "open"], ["approved", "approved"], ["rejected", "rejected"]]);
  let due = 0;
  part("search").addEventListener("input", (event) => {
    clearTimeout(due);
    due = setTimeout(() => { shown.filters.search = event.target.value; shown.update(); update(); }, SEARCH_WAIT_MS);
  });
  part("reset").addEventListener("click", () => {
    for (const field of document.querySelectorAll(".filters select, #search")) field.value = "";
    shown.reset();
    update();
  });
}

const KEYS = {
  j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
  PageDown: () => step(PAGE_ROWS), PageUp: () => step(-PAGE_ROWS), Home: () => step(-lines.length), End: () => step(lines.length),
  " ": () => detail.player.toggle(), a: () => detail.judge("approved"), r: () => detail.judge("rejected"),
  n: () => part("note").focus(), "/": () => part("search").focus(), e: () => verdicts.download(),
  b: () => detail.switchVersion(), ArrowLeft: () => detail.player.seek(detail.player.time - SEEK_S), ArrowRight: () => detail.player.seek(detail.player.time + SEEK_S),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.matches("input:not([type=checkbox]), select, textarea");
  if (isTyping) {
    if (["Escape", "Enter"].includes(event.key) && !event.target.matches("select")) part("grid").focus();
    return;
  }
  const isPressing = event.target.matches("button, input") && [" ", "Enter"].includes(event.key);
  if (event.key === "A" && event.shiftKey) return approveShown();
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || isPressing) return;
  event.preventDefault();
  act();
}

setUpFilters();
summarise();
update();
document.addEventListener("keydown", onKey);
part("export").addEventListener("click", () => verdicts.download());
part("bulk").addEventListener("click", approveShown);
part("back").addEventListener("click", () => document.body.classList.remove("reading"));
select(shown.lines[0]);
