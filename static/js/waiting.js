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

  async function keysOf(database) {
    if (!database) return [];
    return answered(database.transaction("waiting").objectStore("waiting").index("user").getAllKeys(user));
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
    const keys = await keysOf(database);
    const inPage = !document.dispatchEvent(new CustomEvent("anything-unsent", { cancelable: true }));
    if ((keys.length || inPage) && !(await asked())) return;
    await clear(database, keys);
    form.dataset.signOut = "sure";
    document.body.dispatchEvent(new CustomEvent("signing-out"));
    form.requestSubmit();
  });
})();
