// The keys of Markdown: bold, italics, link, and lists that go on with Enter.
import { EditorSelection } from "@codemirror/state";

// Puts a mark around the selection, or takes it away where it is there already.
function toggle(mark) {
  return ({ state, dispatch }) => {
    const change = state.changeByRange((range) => {
      const before = state.sliceDoc(range.from - mark.length, range.from);
      const after = state.sliceDoc(range.to, range.to + mark.length);
      const wrapped = before === mark && after === mark && !longer(state, range, mark);
      return wrapped ? unwrap(range, mark) : wrap(range, mark);
    });
    dispatch(state.update(change, { scrollIntoView: true, userEvent: "input" }));
    return true;
  };
}

// “**” around something is not “*” twice.
function longer(state, range, mark) {
  return mark.length === 1 && state.sliceDoc(range.from - 2, range.from) === mark + mark;
}

function wrap(range, mark) {
  return {
    changes: [{ from: range.from, insert: mark }, { from: range.to, insert: mark }],
    range: EditorSelection.range(range.anchor + mark.length, range.head + mark.length),
  };
}

function unwrap(range, mark) {
  const { length } = mark;
  return {
    changes: [{ from: range.from - length, to: range.from }, { from: range.to, to: range.to + length }],
    range: EditorSelection.range(range.anchor - length, range.head - length),
  };
}

function link({ state, dispatch }) {
  const change = state.changeByRange((range) => {
    const text = state.sliceDoc(range.from, range.to);
    const address = /^https?:\/\/\S+$/.test(text);
    const insert = address ? `[](${text})` : `[${text}](https://)`;
    const at = address ? range.from + 1 : range.from + insert.length - 1;
    return { changes: { from: range.from, to: range.to, insert }, range: EditorSelection.cursor(at) };
  });
  dispatch(state.update(change, { scrollIntoView: true, userEvent: "input" }));
  return true;
}

const ITEM = /^(\s*)([-*+]|(\d{1,9})([.)]))(\s+)/;

// The next item of a list; Enter in an empty one ends the list.
function nextItem({ state, dispatch }) {
  const { main } = state.selection;
  const line = state.doc.lineAt(main.head);
  const item = ITEM.exec(line.text);
  if (!main.empty || !item || main.head < line.from + item[0].length) return false;
  const empty = line.text.trim() === item[2];
  const mark = item[3] ? `${Number(item[3]) + 1}${item[4]}` : item[2];
  const insert = `\n${item[1]}${mark}${item[5]}`;
  const changes = empty ? { from: line.from, to: line.to } : { from: main.head, insert };
  const anchor = empty ? line.from : main.head + insert.length;
  dispatch(state.update({ changes, selection: { anchor }, scrollIntoView: true, userEvent: "input" }));
  return true;
}

export const shortcuts = [
  { key: "Mod-b", run: toggle("**"), preventDefault: true },
  { key: "Mod-i", run: toggle("_"), preventDefault: true },
  { key: "Mod-e", run: toggle("`"), preventDefault: true },
  { key: "Mod-k", run: link, preventDefault: true },
  { key: "Enter", run: nextItem },
];
