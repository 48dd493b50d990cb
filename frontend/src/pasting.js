// What is pasted becomes Markdown. Where nothing is formatted, the text goes in as it is.
import { EditorView } from "@codemirror/view";
import TurndownService from "turndown";
import * as Y from "yjs";

const LONGEST = 500_000; // characters of one paste, as of one section
const PIECE = 50_000; // characters of one message; the server refuses large ones

const FORMATTED = "a[href], b, strong, em, i, code, pre, ul, ol, blockquote, h1, h2, h3, h4, h5, h6";
const turndown = new TurndownService({
  headingStyle: "atx",
  bulletListMarker: "-",
  codeBlockStyle: "fenced",
  emDelimiter: "_",
});
turndown.remove(["script", "style", "head", "title", "meta", "img", "picture", "svg", "iframe", "object"]);
// Editors and word processors put whole texts into <b> or <span> of normal weight.
turndown.addRule("normal weight", {
  filter: (node) => ["B", "STRONG"].includes(node.nodeName) && /^(normal|400)$/.test(node.style?.fontWeight || ""),
  replacement: (content) => content,
});
turndown.addRule("tight items", {
  filter: "li",
  replacement(content, node) {
    const list = node.parentNode;
    const mark = list.nodeName === "OL" ? `${[...list.children].indexOf(node) + 1}. ` : "- ";
    const text = content.trim().replace(/\n/g, `\n${" ".repeat(mark.length)}`);
    return mark + text + (node.nextSibling ? "\n" : "");
  },
});

export function asMarkdown(html, text) {
  if (!html || html.length > LONGEST) return text;
  const parsed = new DOMParser().parseFromString(html, "text/html"); // runs and loads nothing
  if (!parsed.body.querySelector(FORMATTED)) return text;
  return turndown.turndown(parsed.body).trim() || text;
}

// Each piece is a change of its own, and none ends within a character.
function insertInPieces(view, insert) {
  for (let from = 0; from < insert.length; ) {
    let to = Math.min(from + PIECE, insert.length);
    if (/[\ud800-\udbff]$/.test(insert.slice(from, to)) && to < insert.length) to -= 1;
    view.dispatch(view.state.replaceSelection(insert.slice(from, to)), { userEvent: "input.paste", scrollIntoView: true });
    from = to;
  }
}

// Files are sent by static/js/pictures.js; what shows them comes in where they were put,
// wherever that is by then.
function bring(view, text, at, files) {
  const place = Y.createRelativePositionFromTypeIndex(text, at);
  const insert = (words) => {
    const found = Y.createAbsolutePositionFromRelativePosition(place, text.doc);
    text.insert(found?.index ?? text.length, words);
  };
  view.dom.dispatchEvent(new CustomEvent("files", { bubbles: true, detail: { files, insert } }));
}

// Ctrl Shift V, and a place inside code, take the plain text.
export function pasting({ tooLong, plain, text: shared }) {
  return EditorView.domEventHandlers({
    paste(event, view) {
      const { clipboardData } = event;
      const text = clipboardData?.getData("text/plain") || "";
      const files = [...(clipboardData?.files || [])];
      if (files.length && !text && !view.state.readOnly) {
        event.preventDefault();
        bring(view, shared, view.state.selection.main.head, files);
        return true;
      }
      const html = plain() ? "" : clipboardData?.getData("text/html") || "";
      const insert = asMarkdown(html, text).replace(/\r\n?/g, "\n");
      if (insert.length > LONGEST) {
        event.preventDefault();
        tooLong();
        return true;
      }
      if (!insert || (insert === text && insert.length <= PIECE) || view.state.readOnly) return false;
      event.preventDefault();
      insertInPieces(view, insert);
      return true;
    },
    drop(event, view) {
      const files = [...(event.dataTransfer?.files || [])];
      if (!files.length || view.state.readOnly) return false;
      event.preventDefault();
      bring(view, shared, view.posAtCoords({ x: event.clientX, y: event.clientY }, false), files);
      return true;
    },
  });
}
