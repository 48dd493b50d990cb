// How many changes wait for the server, as people count them: what somebody writes into
// one text without a pause is one change.

const PAUSE_MS = 2_000;

export class Changes {
  count = 0;
  last = { of: null, at: 0 };

  made(of) {
    const now = Date.now();
    if (!this.count || this.last.of !== of || now - this.last.at > PAUSE_MS) this.count += 1;
    this.last = { of, at: now };
  }

  found() {
    this.count += 1; // how many it once were, the edits do not tell
  }

  settled() {
    this.count = 0;
  }
}
