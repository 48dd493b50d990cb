// What is pasted becomes Markdown. Where nothing is formatted, the text goes in as it is.
import { EditorView } from "@codemirror/view";
import TurndownService from "turndown";

export const LONGEST = 50_000; // characters of one paste; the server refuses large messages

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
  if (!html || html.length > 10 * LONGEST) return text;
  const parsed = new DOMParser().parseFromString(html, "text/html"); // runs and loads nothing
  if (!parsed.body.querySelector(FORMATTED)) return text;
  return turndown.turndown(parsed.body).trim() || text;
}

// Ctrl Shift V, and a place inside code, take the plain text.
export function pasting({ tooLong, plain }) {
  return EditorView.domEventHandlers({
    paste(event, view) {
      const { clipboardData } = event;
      const text = clipboardData?.getData("text/plain") || "";
      const html = plain() ? "" : clipboardData?.getData("text/html") || "";
      const insert = asMarkdown(html, text).replace(/\r\n?/g, "\n");
      if (insert.length > LONGEST) {
        event.preventDefault();
        tooLong();
        return true;
      }
      if (!insert || insert === text) return false;
      event.preventDefault();
      view.dispatch(view.state.replaceSelection(insert), { userEvent: "input.paste", scrollIntoView: true });
      return true;
    },
  });
}
