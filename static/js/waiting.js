// Whoever signs out leaves nothing on the device. While something is unsent there, the
// page asks first. (frontend/src/kept.js and static/js/device.js write what is counted and cleared here.)
(() => {
  "use strict";

  const form = document.querySelector("form[data-sign-out]");
  const dialog = document.getElementById("signing-out");
  const { user } = document.body.dataset;
  if (!form || !dialog) return;

  const store = () =>
    new Promise((resolve) => {
      const asked = indexedDB.open("afterword", 1);
      asked.onupgradeneeded = () => {
        const made = asked.result.createObjectStore("waiting", { autoIncrement: true });
        made.createIndex("of", "of");
        made.createIndex("user", "user");
      };
      asked.onsuccess = () => resolve(asked.result.objectStoreNames.length ? asked.result : null);
      asked.onerror = () => resolve(null);
    });

  const answered = (request) =>
    new Promise((resolve) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve([]);
    });

  const ofUser = (database) => database.transaction("waiting").objectStore("waiting").index("user");
  const keysOf = async (database) => (database ? answered(ofUser(database).getAllKeys(user)) : []);

  // A draft is not waiting to be sent.
  async function isUnsent(database) {
    const kept = database ? await answered(ofUser(database).getAll(user)) : [];
    return kept.some(({ sort }) => sort !== "drafts");
  }

  async function clear(database, keys) {
    if (!database) return;
    const waiting = database.transaction("waiting", "readwrite").objectStore("waiting");
    await Promise.all(keys.map((key) => answered(waiting.delete(key))));
  }

  const asked = () =>
    new Promise((resolve) => {
      dialog.returnValue = "stay";
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "leave"), { once: true });
      dialog.showModal();
    });

  form.addEventListener("submit", async (event) => {
    if (form.dataset.signOut === "sure") return;
    event.preventDefault();
    event.stopPropagation();
    const database = await store();
    const inPage = !document.dispatchEvent(new CustomEvent("anything-unsent", { cancelable: true }));
    if (((await isUnsent(database)) || inPage) && !(await asked())) return;
    document.body.dispatchEvent(new CustomEvent("signing-out"));
    await clear(database, await keysOf(database));
    form.dataset.signOut = "sure";
    form.requestSubmit();
  });
})();
