// Changes of rows and half-typed forms, on this device by account and report, until the
// server has them. A restricted report leaves nothing here: it has the page's memory only.
// (The store is that of frontend/src/kept.js; signing out clears it, static/js/waiting.js.)
(() => {
  "use strict";

  const NAME = "afterword";
  const STORE = "waiting";
  const { user } = document.body.dataset;
  const secret = Boolean(document.querySelector("[data-restricted]"));
  const afterword = (window.afterword ??= {});
  const lockOf = (page) => `afterword:${page}`;

  afterword.base = document.querySelector("[data-base]")?.dataset.base || location.pathname;
  afterword.freshKey = () =>
    [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const self = afterword.freshKey();

  // As long as this page lives, no other one takes what it keeps.
  navigator.locks?.request(lockOf(self), () => new Promise(() => {}));

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

  // What pages keep of one sort (“rows”, “drafts”), each thing with a name of its own.
  afterword.Shelf = class {
    constructor(sort) {
      this.of = `${user}:${sort}:${afterword.base}`;
      this.sort = sort;
      this.durable = !secret;
      this.ids = new Map();
      this.watched = new Set(); // the pages still open that keep something of this
      this.after = Promise.resolve();
    }

    // One after another, in the order asked for; what fails is told, and stays in memory.
    run(act) {
      if (secret) return Promise.resolve(null);
      this.after = this.after.then(async () => {
        this.database ??= await open();
        return act(this.database);
      }).catch(() => { this.durable = false; return null; });
      return this.after;
    }

    keep(name, value) {
      return this.run(async (database) => {
        const store = database.transaction(STORE, "readwrite").objectStore(STORE);
        const kept = { user, of: this.of, sort: this.sort, page: self, name, value };
        const id = this.ids.get(name);
        this.ids.set(name, await answered(id === undefined ? store.add(kept) : store.put(kept, id)));
      });
    }

    drop(name) {
      return this.run(async (database) => {
        const id = this.ids.get(name);
        if (id === undefined) return;
        this.ids.delete(name);
        await answered(database.transaction(STORE, "readwrite").objectStore(STORE).delete(id));
      });
    }

    // What pages that are gone have left, oldest first; it is this page's from now on.
    // `again` is called when a page goes that keeps something now.
    async left(again = () => {}) {
      const held = (await navigator.locks?.query())?.held.map((lock) => lock.name) || [];
      const found = await this.run(async (database) => {
        const store = database.transaction(STORE, "readwrite").objectStore(STORE);
        const index = store.index("of");
        const [ids, all] = await Promise.all([answered(index.getAllKeys(this.of)), answered(index.getAll(this.of))]);
        const ours = all.map((kept, at) => [ids[at], kept]).filter(([, kept]) => !held.includes(lockOf(kept.page)));
        for (const { page } of all) if (page !== self && held.includes(lockOf(page))) this.watch(page, again);
        for (const [id, kept] of ours) {
          store.put({ ...kept, page: self }, id);
          this.ids.set(kept.name, id);
        }
        return ours.map(([, { value }]) => value);
      });
      return found || [];
    }

    watch(page, again) {
      if (this.watched.has(page)) return;
      this.watched.add(page);
      navigator.locks.request(lockOf(page), () => this.watched.delete(page)).then(again);
    }
  };
})();
