// Who is here, in which part, and who writes: in the margin, the outline and the heads of
// the parts. More than eight fold into a number.
import { person } from "./person.js";

const MOST = 8;
const WRITING_MS = 6_000;
const AGAIN_MS = 60_000; // the server forgets after two minutes

export class Presence {
  constructor(provider) {
    this.provider = provider;
    this.words = document.getElementById("words").dataset;
    this.parts = [...document.querySelectorAll("#facts, .part[id]")];
    this.people = [];
    this.more = 0;
    this.said = { section: null, writing: false, row: null };
    document.body.addEventListener("parts-merged", () => this.draw());
    document.addEventListener("focusin", () => this.whereabouts());
    setInterval(() => (this.said.writing || this.said.row) && this.tell(), AGAIN_MS);
    this.watch();
  }

  // --- What this page says of its own person -------------------------------------------

  watch() {
    const inView = new Map();
    const seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) inView.set(target.id, isIntersecting);
      this.inView = this.parts.find((part) => inView.get(part.id))?.id;
      this.whereabouts();
    }, { rootMargin: "-25% 0px -60% 0px" });
    for (const part of this.parts) seen.observe(part);
  }

  // Where the caret is, else what is read.
  whereabouts() {
    const focused = document.activeElement?.closest?.("#facts, .part[id]")?.id;
    this.say({ section: focused || this.inView || null });
  }

  typed() {
    this.say({ writing: true });
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.say({ writing: false }), WRITING_MS);
  }

  say(news) {
    const before = JSON.stringify(this.said);
    Object.assign(this.said, news);
    if (JSON.stringify(this.said) !== before) this.tell();
  }

  tell() {
    this.provider.say({ t: "here", ...this.said });
  }

  // --- What it shows of the others -----------------------------------------------------

  // The list of the server: everybody once, however many windows they have open.
  heard({ people, more }) {
    const own = String(this.provider.user?.id);
    this.people = people.flatMap((one) => {
      const who = person(one);
      return who ? [{ ...who, own: who.id === own, section: one.section, writing: Boolean(one.writing || one.row) }] : [];
    });
    this.people.sort((a, b) => b.own - a.own || b.writing - a.writing || a.name.localeCompare(b.name));
    this.more = Number(more) || 0;
    this.draw();
  }

  gone() {
    this.heard({ people: [], more: 0 });
  }

  draw() {
    const { people } = this;
    this.drawList(people);
    this.drawOutline(people);
    this.drawHeads(people.filter((one) => one.writing && !one.own));
  }

  drawList(people) {
    const place = document.getElementById("here");
    if (!place) return;
    place.hidden = !people.length;
    place.querySelector(".count").textContent = String(people.length + this.more);
    const lines = people.slice(0, MOST).map((one) => this.line(one));
    const more = people.length + this.more - lines.length;
    if (more > 0) lines.push(element("li", "here__more", this.words.hereMore.replace("%n%", more)));
    place.querySelector(".here").replaceChildren(...lines);
  }

  line(one) {
    const line = document.createElement("li");
    const text = document.createElement("div");
    text.append(element("b", "", one.own ? this.words.you : one.name), " ");
    const title = this.titleOf(one.section);
    if (title) {
      const link = element("a", "", title);
      link.href = `#${one.section}`;
      const doing = element("span", "", `${one.writing ? this.words.writingIn : this.words.readingIn} `);
      doing.append(link);
      text.append(doing);
    }
    line.append(avatar(one), text);
    return line;
  }

  // A part that this page knows, and nothing else that somebody's page may have said.
  titleOf(section) {
    return this.parts.some((part) => part.id === section)
      ? document.querySelector(`.outline > li > a[href="#${section}"]`)?.dataset.title
      : "";
  }

  drawOutline(people) {
    for (const link of document.querySelectorAll(".outline > li > a")) {
      link.querySelector(".outline__here")?.remove();
      const here = people.filter((one) => `#${one.section}` === link.hash);
      if (!here.length) continue;
      const place = element("span", "outline__here");
      place.append(...here.slice(0, 3).map((one) => avatar(one, "avatar--sm")));
      if (here.length > 3) place.append(element("span", "muted", `+${here.length - 3}`));
      link.append(place);
    }
  }

  drawHeads(writers) {
    for (const part of this.parts) {
      const head = part.querySelector(":scope > .part__head");
      if (!head) continue;
      head.querySelector(".who-edits")?.remove();
      const here = writers.filter((one) => one.section === part.id);
      if (!here.length) continue;
      const sentence = here.length === 1
        ? this.words.writesHere.replace("%name%", here[0].first)
        : this.words.writeHere.replace("%n%", here.length);
      const line = element("span", "who-edits", sentence);
      line.style.setProperty("--p", here[0].colour);
      head.append(line);
    }
  }

  announce(sentence) {
    document.getElementById("announce").textContent = sentence;
  }
}

export function element(name, classes, text = "") {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.textContent = text;
  return made;
}

function avatar(one, size = "") {
  const made = element("span", `avatar ${size}`.trim(), one.initials);
  made.style.setProperty("--p", one.colour);
  made.title = one.name;
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", one.name);
  return made;
}
