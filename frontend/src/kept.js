// What is not on the server yet, in this browser, by account, report and epoch. Only
// edits that wait lie here: each goes when the server has it. (IndexedDB; the page that
// signs out reads the same store, static/js/waiting.js.)

const NAME = "afterword";
const STORE = "waiting";

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      const store = asked.result.createObjectStore(STORE, { autoIncrement: true });
      store.createIndex("of", "of");
      store.createIndex("user", "user");
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  });
}

const answered = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

// What a request wrote is there once its transaction is: room may be missing only then.
const committed = (request) =>
  new Promise((resolve, reject) => {
    const { transaction } = request;
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });

// `user` and `of` (the report) are strings; null instead of them keeps nothing but memory.
export class Kept {
  constructor(user, of) {
    this.user = user;
    this.of = of;
    this.keys = []; // of what this page read or writes just now
    this.durable = Boolean(of);
    this.lost = () => {}; // called when it turns out that only the page keeps it
  }

  // The edits of an earlier page that never reached the server, oldest first.
  async earlier() {
    if (!this.of) return [];
    try {
      this.database = await open();
      const index = this.store("readonly").index("of");
      const [keys, values] = await Promise.all([answered(index.getAllKeys(this.of)), answered(index.getAll(this.of))]);
      this.keys.push(...keys);
      return values;
    } catch {
      this.durable = false; // a private window, or no room: memory alone
      return [];
    }
  }

  store(mode) {
    return this.database.transaction(STORE, mode).objectStore(STORE);
  }

  // Written at once and not after what came before: the page may be about to go.
  keep(update, epoch) {
    if (!this.database) return;
    const { user, of } = this;
    const failed = () => { this.durable = false; this.lost(); };
    try {
      const request = this.store("readwrite").add({ user, of, epoch, update });
      request.transaction.commit?.();
      this.keys.push(committed(request).catch(failed));
    } catch {
      failed(); // the browser closed the store
    }
  }

  // Everything that this page knows of is on the server.
  async drop() {
    if (!this.database) return;
    const keys = await Promise.all(this.keys.splice(0));
    try {
      const store = this.store("readwrite");
      for (const key of keys) if (key !== undefined) store.delete(key);
    } catch { /* what stays is sent once more, which changes nothing */ }
  }
}
