// Rows and fields that others changed: which parts of the page to fetch again.

const everything = () => document.body.dispatchEvent(new CustomEvent("outdated"));

export class Revisions {
  // `partsOfKind`: which parts of the page look different once a row of a kind changed.
  constructor(partsOfKind) {
    this.partsOfKind = partsOfKind;
    this.version = null;
  }

  // On each connection: what changed while there was none was not told.
  greeted({ rows_version: version }) {
    const known = this.version;
    this.version = Math.max(version, known ?? version);
    if (known === null ? version > shownVersion() : version > known) everything();
  }

  changed({ parts, rows_version: version }) {
    if (version !== undefined && version <= this.version) return;
    this.version = version ?? this.version;
    if (!parts.length) return everything();
    const kinds = parts.map(kindOf);
    if (kinds.includes("status")) document.body.dispatchEvent(new CustomEvent("status-changed"));
    const known = [...new Set(kinds.flatMap((kind) => this.partsOfKind[kind] || []))];
    if (known.length) document.body.dispatchEvent(new CustomEvent("changed", { detail: { parts: known, theirs: parts } }));
    return null;
  }
}

// The version that the page was drawn with; unknown, it counts as up to date.
function shownVersion() {
  const said = document.querySelector("[data-rows-version]")?.dataset.rowsVersion;
  return said ? Number(said) : Infinity;
}

function kindOf(part) {
  const [first, kind] = part.split(":");
  return first === "row" ? kind : first;
}
