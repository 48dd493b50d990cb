// Markdown as it is written, shown as it will be read. The marks of what is formatted
// hide while the caret is elsewhere; the text itself is never changed.
import { defineLanguageFacet, Language, languageDataProp, LanguageSupport, syntaxTree } from "@codemirror/language";
import { Decoration, ViewPlugin, WidgetType } from "@codemirror/view";
import { parser } from "@lezer/markdown";

const data = defineLanguageFacet({});
// Raw HTML is text, here as in what the server renders.
const configured = parser.configure({
  props: [languageDataProp.add({ Document: data })],
  remove: ["HTMLBlock", "HTMLTag"],
});
export const markdown = () => new LanguageSupport(new Language(data, configured, [], "markdown"));

const SPANS = {
  Emphasis: Decoration.mark({ class: "md-em" }),
  StrongEmphasis: Decoration.mark({ class: "md-strong" }),
  InlineCode: Decoration.mark({ class: "md-code" }),
  Link: Decoration.mark({ class: "md-link" }),
  Image: Decoration.mark({ class: "md-link" }),
};
const LINES = {
  Blockquote: Decoration.line({ class: "md-quote" }),
  FencedCode: Decoration.line({ class: "md-pre" }),
  ListItem: Decoration.line({ class: "md-item" }),
};
const HEADINGS = [1, 2, 3, 4, 5, 6].map((level) => Decoration.line({ class: `md-heading md-heading--${level}` }));
const BLANK = Decoration.line({ class: "md-blank" });
const HIDDEN = Decoration.replace({});
const MARKS = new Set(["EmphasisMark", "CodeMark", "LinkMark", "URL", "LinkTitle", "HeaderMark", "QuoteMark"]);

class Bullet extends WidgetType {
  eq() {
    return true;
  }

  toDOM() {
    const dash = document.createElement("span");
    dash.className = "md-bullet";
    dash.textContent = "–";
    return dash;
  }
}
// A picture of the report's own evidence, below its words.
class Picture extends WidgetType {
  constructor(address) {
    super();
    this.address = address;
  }

  eq(other) {
    return other.address === this.address;
  }

  toDOM() {
    const picture = new Image(...this.address.split("#")[1]?.split("x") || []);
    picture.className = "md-picture";
    picture.alt = "";
    picture.src = this.address;
    return picture;
  }
}
const files = `${document.querySelector("[data-base]")?.dataset.base}files/`;
const OWN = /^[0-9a-f]{32}\/(#\d{1,5}x\d{1,5})?$/;
const isOwn = (address) => address.startsWith(files) && OWN.test(address.slice(files.length));
const BULLET = Decoration.replace({ widget: new Bullet() });

// What is hidden, from where to where: the mark, and the space that belongs to it.
function hidden({ name, from, to, node }, doc) {
  const space = ["HeaderMark", "QuoteMark", "ListMark"].includes(name) && doc.sliceString(to, to + 1) === " ";
  const parent = node.parent;
  if (name === "URL" && !["Link", "Image"].includes(parent?.name)) return null; // an address that stands for itself
  if (name === "CodeMark" && parent?.name !== "InlineCode") return null;
  return { from, to: space ? to + 1 : to, within: parent };
}

function decorate(view) {
  const { state } = view;
  const { doc } = state;
  const found = [];
  const selection = view.hasFocus ? state.selection.ranges : [];
  const touched = (from, to) => selection.some((range) => range.from <= to && range.to >= from);

  function lines(decoration, from, to) {
    for (let at = from; at <= to; ) {
      const line = doc.lineAt(at);
      found.push(decoration.range(line.from));
      at = line.to + 1;
    }
  }

  function enter(cursor) {
    const { name, from, to } = cursor;
    const heading = /^(?:ATX|Setext)Heading(\d)$/.exec(name);
    if (heading) lines(HEADINGS[heading[1] - 1], from, from);
    if (LINES[name]) lines(LINES[name], from, name === "ListItem" ? from : to);
    if (SPANS[name] && to > from) found.push(SPANS[name].range(from, to));
    if (name === "ListMark" && cursor.node.parent?.parent?.name === "BulletList") {
      const mark = hidden(cursor, doc);
      if (!touched(mark.from, mark.to - 1)) found.push(BULLET.range(mark.from, mark.to));
    }
    if (name === "URL" && cursor.node.parent?.name === "Image") {
      const address = doc.sliceString(from, to);
      if (isOwn(address)) found.push(Decoration.widget({ widget: new Picture(address), side: 1 }).range(cursor.node.parent.to));
    }
    if (!MARKS.has(name)) return;
    const mark = hidden(cursor, doc);
    if (mark && mark.to > mark.from && !touched(mark.within.from, mark.within.to)) found.push(HIDDEN.range(mark.from, mark.to));
  }

  for (const { from, to } of view.visibleRanges) {
    syntaxTree(state).iterate({ from, to, enter });
    for (let at = from; at <= to; ) {
      const line = doc.lineAt(at);
      if (!line.length && doc.length) found.push(BLANK.range(line.from));
      at = line.to + 1;
    }
  }
  return Decoration.set(found, true);
}

export const formatting = ViewPlugin.fromClass(
  class {
    constructor(view) {
      this.decorations = decorate(view);
      this.tree = syntaxTree(view.state);
    }

    update(update) {
      const tree = syntaxTree(update.state);
      const same = !update.docChanged && !update.selectionSet && !update.viewportChanged && !update.focusChanged;
      if (same && tree === this.tree) return;
      this.tree = tree;
      this.decorations = decorate(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
