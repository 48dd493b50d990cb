// Words that somebody comments on: which they are, for the server, and where they are now,
// for whoever writes around them. The notes in the margin carry their places.
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin } from "@codemirror/view";
import * as Y from "yjs";

const changed = StateEffect.define();
const AFTER = ["parts-merged", "note-chosen"]; // events after which the notes are others
const packed = (position) => btoa(String.fromCharCode(...Y.encodeRelativePosition(position)));
const unpacked = (text) => Y.decodeRelativePosition(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)));

function indexOf(position, text) {
  try {
    const found = Y.createAbsolutePositionFromRelativePosition(unpacked(position), text.doc);
    return found?.type === text ? found.index : null;
  } catch {
    return null; // written by nobody that this page knows
  }
}

function draw(key, text, length) {
  const marks = [];
  for (const note of document.querySelectorAll(`[data-text-key="${key}"]`)) {
    const [from, to] = [note.dataset.start, note.dataset.end].map((one) => indexOf(one, text));
    const stands = from !== null && to !== null && from < to && to <= length;
    note.querySelector(".note__gone").hidden = stands;
    if (!stands || note.matches(".note--resolved")) continue;
    const attributes = { "data-thread": note.id.slice("thread-".length) };
    marks.push(Decoration.mark({ class: note.ariaCurrent ? "anchor is-meant" : "anchor", attributes }).range(from, to));
  }
  return Decoration.set(marks, true);
}

export const anchors = (key, text) => {
  const shown = StateField.define({
    create: (state) => draw(key, text, state.doc.length),
    update: (marks, transaction) =>
      transaction.effects.some((one) => one.is(changed))
        ? draw(key, text, transaction.newDoc.length)
        : marks.map(transaction.changes),
    provide: (field) => EditorView.decorations.from(field),
  });
  const listening = ViewPlugin.define((view) => {
    const again = () => view.dispatch({ effects: changed.of(null) });
    let gone = null;
    for (const name of AFTER) document.body.addEventListener(name, again);
    view.dom.addEventListener("comment-selection", () => ask(view, text, key));
    return {
      update(update) {
        if (!update.docChanged) return;
        clearTimeout(gone); // words that are deleted, or come back
        gone = setTimeout(again, 300);
      },
      destroy() {
        clearTimeout(gone);
        for (const name of AFTER) document.body.removeEventListener(name, again);
      },
    };
  });
  return [shown, listening];
};

function ask(view, text, key) {
  const { from, to } = view.state.selection.main;
  if (from === to) return;
  const [start, end] = [[from, 0], [to, -1]].map(([at, side]) => packed(Y.createRelativePositionFromTypeIndex(text, at, side)));
  const detail = { on: key.replace("-", ":"), quote: view.state.sliceDoc(from, to), start, end };
  document.body.dispatchEvent(new CustomEvent("comment-on", { detail }));
}
