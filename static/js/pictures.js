// Pictures and other files that are pasted, dropped or chosen become evidence files of
// the report. What could not be sent is kept in the page, to be tried again.
(() => {
  "use strict";

  const LARGEST = 24_900_000; // bytes; the request around it may have 25 MB
  const page = document.querySelector("[data-base]");
  const place = document.getElementById("uploads");
  if (!page || !place) return;
  const words = place.dataset;
  const said = document.getElementById("words").dataset;
  const unfinished = new Set();

  const tell = (detail) => document.body.dispatchEvent(new CustomEvent("uploading", { detail }));

  const random = () =>
    [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

  // `insert` is given the Markdown that shows the file, and what the server says of it.
  document.addEventListener("files", ({ detail: { files, insert } }) => {
    for (const file of files) {
      const upload = { file, insert, key: random() };
      unfinished.add(upload);
      send(upload);
    }
  });

  function send(upload) {
    upload.line?.remove();
    if (upload.file.size > LARGEST) return fail(upload, words.tooLarge);
    if (!navigator.onLine) return fail(upload, words.offline);
    const body = new FormData();
    body.append("file", upload.file, upload.file.name || "picture.png");
    body.append("request_key", upload.key);
    const request = new XMLHttpRequest();
    request.open("POST", `${page.dataset.base}files/`);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("HX-Request", "true"); // signed out, the answer is 401
    request.setRequestHeader("X-CSRFToken", token());
    request.upload.onprogress = ({ loaded, total }) =>
      tell({ sentence: words.sending.replace("%n%", Math.floor((100 * loaded) / (total || loaded || 1))) });
    request.onload = () => answered(upload, request);
    request.onerror = () => fail(upload, words.noAnswer);
    tell({ sentence: words.sending.replace("%n%", 0) });
    return request.send(body);
  }

  function answered(upload, request) {
    if (request.status !== 201) return fail(upload, sentenceOf(request));
    const kept = JSON.parse(request.responseText);
    unfinished.delete(upload);
    upload.insert(asMarkdown(kept), kept);
    return tell({ savedAt: request.getResponseHeader("X-Saved-At") });
  }

  function sentenceOf({ status, responseText }) {
    try {
      return JSON.parse(responseText).error;
    } catch {
      return { 401: said.signedOut, 403: said.forbidden, 404: said.notFound, 413: words.tooLarge }[status] || words.noAnswer;
    }
  }

  function asMarkdown({ address, name, picture }) {
    const label = name.replace(/[[\]\\]/g, "");
    if (!picture) return `[${label}](${address})`;
    return `![${/^image\.\w+$/.test(label) ? words.picture : label.replace(/\.\w+$/, "")}](${address})`;
  }

  function fail(upload, sentence) {
    tell({ sentence: said.failed, failed: true });
    const line = document.createElement("p");
    line.className = "notice";
    line.dataset.tone = "warn";
    line.setAttribute("role", "alert");
    const text = document.createElement("span");
    text.textContent = `${words.of.replace("%name%", upload.file.name)} ${sentence} `;
    text.append(button(words.again, () => send(upload)), " ", button(words.leaveOut, () => leaveOut(upload)));
    line.append(text);
    upload.line = line;
    place.append(line);
  }

  function button(label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "textlink";
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  }

  function leaveOut(upload) {
    unfinished.delete(upload);
    upload.line.remove();
  }

  addEventListener("beforeunload", (event) => {
    if (unfinished.size) event.preventDefault();
  });
})();
