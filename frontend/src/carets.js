// Where others write: a caret with their name, and what they have marked. The name stands
// for three seconds after the last move. Names and colours are the server's.
import { StateEffect } from "@codemirror/state";
import { Decoration, ViewPlugin, WidgetType } from "@codemirror/view";
import * as Y from "yjs";
import { person } from "./person.js";

const NAMED_MS = 3_000;
const moved = StateEffect.define();

class Caret extends WidgetType {
  constructor(user, named) {
    super();
    this.user = user;
    this.named = named;
  }

  eq(other) {
    return other.user.id === this.user.id && other.named === this.named;
  }

  toDOM() {
    const caret = document.createElement("span");
    caret.className = "caret";
    caret.dataset.user = this.user.id;
    caret.style.setProperty("--p", this.user.colour);
    caret.setAttribute("aria-hidden", "true");
    caret.dataset.name = this.named ? this.user.first : ""; // drawn, and no part of the text
    return caret;
  }

  ignoreEvent() {
    return true;
  }
}

// The places of one other person in this text, or null. What arrives is judged, not trusted.
function placesOf(cursor, key, text) {
  if (cursor?.text !== key) return null;
  try {
    const [anchor, head] = [cursor.anchor, cursor.head].map((place) =>
      Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(place), text.doc));
    if (anchor?.type !== text || head?.type !== text) return null;
    return { anchor: anchor.index, head: head.index };
  } catch {
    return null;
  }
}

export const carets = (key, text, awareness) =>
  ViewPlugin.fromClass(
    class {
      constructor(view) {
        this.view = view;
        this.seen = new Map(); // client: what it said last, and when that changed
        this.decorations = Decoration.none;
        this.heard = (changes, origin) => origin !== "local" && this.ask();
        awareness.on("change", this.heard);
        this.draw(view.state);
      }

      ask() {
        // Not within an update of the view itself.
        queueMicrotask(() => !this.gone && this.view.dispatch({ effects: moved.of(null) }));
      }

      update(update) {
        const told = update.transactions.some((one) => one.effects.some((effect) => effect.is(moved)));
        if (told || update.docChanged) this.draw(update.state);
        if (update.selectionSet || update.docChanged || update.focusChanged) this.tell(update.view);
      }

      draw(state) {
        const marks = [];
        const length = state.doc.length;
        for (const [client, said] of awareness.getStates()) {
          const user = client !== awareness.clientID && person(said.user);
          const places = user && placesOf(said.cursor, key, text);
          if (!places) {
            this.seen.delete(client);
            continue;
          }
          const anchor = Math.min(places.anchor, length);
          const head = Math.min(places.head, length);
          const named = this.isNamed(client, JSON.stringify(said.cursor));
          marks.push(Decoration.widget({ widget: new Caret(user, named), side: 1 }).range(head));
          if (anchor === head) continue;
          const style = `--p:${user.colour}`;
          marks.push(Decoration.mark({ class: "marked-by", attributes: { style } }).range(Math.min(anchor, head), Math.max(anchor, head)));
        }
        this.decorations = Decoration.set(marks, true);
      }

      isNamed(client, said) {
        const before = this.seen.get(client);
        if (before?.said === said) return Date.now() - before.at < NAMED_MS;
        this.seen.set(client, { said, at: Date.now() });
        clearTimeout(this.fading);
        this.fading = setTimeout(() => this.ask(), NAMED_MS + 50);
        return true;
      }

      // Where this person's own caret is, for the others.
      tell(view) {
        const before = awareness.getLocalState()?.cursor;
        if (!view.hasFocus) {
          if (before?.text === key) awareness.setLocalStateField("cursor", null);
          return;
        }
        const { anchor, head } = view.state.selection.main;
        const place = (index) => Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, index));
        const cursor = { text: key, anchor: place(anchor), head: place(head) };
        if (JSON.stringify(before) !== JSON.stringify(cursor)) awareness.setLocalStateField("cursor", cursor);
      }

      destroy() {
        this.gone = true;
        clearTimeout(this.fading);
        awareness.off("change", this.heard);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
