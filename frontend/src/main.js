// The shared texts of a report, who is here, and what others change: one connection.
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { Editor } from "./editor.js";
import { Holding } from "./holding.js";
import { Kept } from "./kept.js";
import { Presence } from "./presence.js";
import { Provider } from "./provider.js";
import { Revisions } from "./revisions.js";

const { nonce } = document.currentScript;
const page = document.querySelector("[data-socket]");
const words = document.getElementById("words").dataset;
const { user } = document.body.dataset;
const secret = page.hasAttribute("data-restricted");

const doc = new Y.Doc();
const awareness = new Awareness(doc);
const kept = new Kept(user, secret ? null : `${user}:${page.dataset.socket}`);
const address = new URL(page.dataset.socket, location.href.replace(/^http/, "ws"));
const provider = new Provider({ address, doc, awareness, kept });
const presence = new Presence(provider);
const holding = new Holding(presence);
const revisions = new Revisions(JSON.parse(document.getElementById("parts-of-kind").textContent));
const editors = new Map();
let writable = true;
let ready = false;

const shared = {
  doc,
  awareness,
  nonce,
  tooLong: () => presence.announce(words.pasteTooLong),
  typed: () => presence.typed(),
};

// Every text that the page shows gets its editor, and one whose section went, goes.
function mount() {
  if (!ready) return;
  for (const [place, editor] of editors) {
    if (place.isConnected) continue;
    editor.destroy();
    editors.delete(place);
  }
  for (const place of document.querySelectorAll("[data-text]:not([data-shared])")) {
    editors.set(place, new Editor(place, { ...shared, writable }));
  }
}

provider.addEventListener("synced", () => {
  if (ready) return;
  ready = true;
  mount();
});

provider.addEventListener("state", ({ detail }) => {
  writable = detail.writable && !detail.ended;
  for (const editor of editors.values()) editor.write(writable);
  if (!detail.connected) for (const shown of [presence, holding]) shown.gone();
  const lost = ["begunAnew", "tooMuch"].includes(detail.ended) ? provider.writtenHere() : "";
  document.body.dispatchEvent(new CustomEvent("prose", { detail: { ...detail, lost } }));
});

const answers = {
  hello(message) {
    revisions.greeted(message);
    presence.tell();
  },
  changed: (message) => revisions.changed(message),
  people(message) {
    presence.heard(message);
    holding.heard(message, provider.user);
  },
  // For this person, whatever page is open: static/js/notices.js shows it.
  notice: (message) => document.body.dispatchEvent(new CustomEvent("notice", { detail: message })),
};
provider.addEventListener("message", ({ detail }) => answers[detail.t]?.(detail));

document.body.addEventListener("parts-merged", mount);
document.body.addEventListener("signed-in-again", () => provider.again());
document.body.addEventListener("signing-out", () => provider.stop());
addEventListener("beforeunload", (event) => {
  if (provider.changes.count) event.preventDefault();
});
provider.start();
