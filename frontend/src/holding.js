// A row that somebody has open is shown as taken. This is a courtesy and no lock: a save
// is never refused for it, only versions decide.
import { person } from "./person.js";
import { element } from "./presence.js";

const IDLE_MS = 120_000;
// On the wire, the hyphen stands before the number alone: “follow_up-3”, “field_title”.
const nameOf = (id) => id.replace(/-(?!\d+$)/, "_");
const idsOf = (name) => [name, name.replace("_", "-")];

export class Holding {
  constructor(presence) {
    this.presence = presence;
    this.words = document.getElementById("words").dataset;
    this.held = new Map(); // the id of a row's element: who has it open
    for (const name of ["htmx:afterSettle", "closed", "parts-merged"]) {
      document.body.addEventListener(name, () => { this.say(); this.draw(); });
    }
    for (const name of ["keydown", "input"]) {
      document.addEventListener(name, (event) => event.target.closest?.("[data-editing]") && this.touched());
    }
    document.addEventListener("focusin", () => this.say());
    document.addEventListener("click", (event) => this.refuse(event), true);
    document.body.addEventListener("htmx:confirm", (event) => this.refuse(event), true);
  }

  // --- What this page has open -----------------------------------------------------------

  touched() {
    this.idle = false;
    this.say();
  }

  // The row with the focus, else the first that is open; nothing after two minutes without
  // a key.
  say() {
    const focused = document.activeElement?.closest?.("[data-editing][id]");
    const open = focused || document.querySelector("[data-editing][id]");
    clearTimeout(this.waiting);
    if (!open) this.idle = false;
    else if (!this.idle) this.waiting = setTimeout(() => { this.idle = true; this.say(); }, IDLE_MS);
    this.presence.say({ row: open && !this.idle ? nameOf(open.id) : null });
  }

  // --- What others have open ---------------------------------------------------------------

  heard({ people }, own) {
    const others = people.filter((one) => typeof one.row === "string" && one.id !== own?.id);
    others.sort((a, b) => b.since - a.since); // whoever took it first is named
    this.held = new Map();
    for (const one of others) {
      const who = person(one);
      if (who) for (const id of idsOf(one.row)) this.held.set(id, who);
    }
    this.draw();
  }

  gone() {
    this.held.clear();
    this.draw();
  }

  draw() {
    const rows = this.held;
    for (const row of document.querySelectorAll("[data-held]")) {
      if (!rows.has(row.id)) release(row);
    }
    for (const [id, who] of rows) {
      const row = document.getElementById(id);
      if (row?.closest("main")) this.mark(row, who);
    }
  }

  mark(row, who) {
    const note = row.querySelector(":scope > .who-edits") || row.appendChild(element("span", "who-edits"));
    const sentence = this.words.isEditing.replace("%name%", who.first);
    if (note.textContent !== sentence) note.textContent = sentence;
    row.dataset.held = who.id;
    row.style.setProperty("--p", who.colour);
  }

  // A row that is taken does not open; one that is open already stays so.
  refuse(event) {
    const row = event.target.closest?.("[data-held]:not([data-editing])");
    if (!row || !event.target.closest("[data-edit-row], [hx-get], [hx-post], [data-grip]")) return;
    event.preventDefault();
    event.stopPropagation();
    document.getElementById("announce").textContent = row.querySelector(":scope > .who-edits").textContent;
  }
}

function release(row) {
  delete row.dataset.held;
  row.style.removeProperty("--p");
  row.querySelector(":scope > .who-edits")?.remove();
}
