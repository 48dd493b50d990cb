// A paragraph of the report that is its own editor, on a shared text.
import { defaultKeymap } from "@codemirror/commands";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import * as Y from "yjs";
import { anchors } from "./anchors.js";
import { carets } from "./carets.js";
import { formatting, markdown } from "./markdown.js";
import { pasting } from "./pasting.js";
import { shortcuts } from "./shortcuts.js";

export class Editor {
  // `place` is the element that shows the text as the server rendered it.
  constructor(place, { doc, awareness, nonce, writable, tooLong, typed }) {
    this.place = place;
    this.key = place.dataset.text;
    this.text = doc.getText(this.key);
    this.writing = new Compartment();
    this.undo = new Y.UndoManager(this.text, { captureTimeout: 500 });
    this.view = new EditorView({
      state: EditorState.create({
        doc: this.text.toString(),
        extensions: [
          this.writing.of(this.locks(writable)),
          EditorView.cspNonce.of(nonce),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of(this.attributes()),
          placeholder(place.dataset.placeholder || ""),
          markdown(),
          formatting,
          pasting({ tooLong, plain: () => this.shift, text: this.text }),
          yCollab(this.text, null, { undoManager: this.undo }),
          carets(this.key, this.text, awareness),
          anchors(this.key, this.text),
          keymap.of([...shortcuts, ...yUndoManagerKeymap, ...defaultKeymap]),
          EditorView.domEventHandlers({ keydown: (event) => this.pressed(event) }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && update.transactions.some((one) => one.isUserEvent("input") || one.isUserEvent("delete"))) typed(this);
          }),
        ],
      }),
    });
    place.replaceChildren(this.view.dom);
    place.dataset.shared = "";
  }

  attributes() {
    const { label } = this.place.dataset;
    return { "aria-label": label, spellcheck: "true", autocapitalize: "sentences", "data-label": label };
  }

  locks(writable) {
    return [EditorState.readOnly.of(!writable), EditorView.contentAttributes.of({ "aria-readonly": String(!writable) })];
  }

  write(writable) {
    if (this.view.state.readOnly === !writable) return;
    this.view.dispatch({ effects: this.writing.reconfigure(this.locks(writable)) });
  }

  // The browser says nothing of Shift when it pastes. Esc leaves the text, as it closes a form.
  pressed(event) {
    this.shift = event.shiftKey;
    if (event.key !== "Escape" || event.isComposing) return false;
    this.view.contentDOM.blur();
    const section = this.place.closest("[id]");
    const heading = section?.closest(".part")?.querySelector("h2") || section;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    return true;
  }

  get focused() {
    return this.view.hasFocus;
  }

  destroy() {
    this.undo.destroy();
    this.view.destroy();
  }
}
