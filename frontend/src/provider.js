// One websocket for one report (docs/live-editing.md). Binary messages are the shared
// texts, who is where, and acknowledgements; text messages are small JSON objects.
// An edit counts as saved when the server says that it has committed it, and not before.
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import * as sync from "y-protocols/sync";
import * as Y from "yjs";
import { Changes } from "./changes.js";
import { checksum } from "./checksum.js";

const SYNC = 0;
const AWARENESS = 1;
const ACK = 8;
const BEAT_MS = 15_000; // asks for what may be missing, which also shows who is alive
const SILENT_MS = 35_000;
const UNHEARD_MS = 6_000; // an edit without any answer: somebody should know
const LOOK_MS = 1_000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 30_000;
const CROWDED_MS = 10_000;
const QUIET_MS = 2_000;
const OPENING_MS = 10_000;
const LONGEST = 150_000; // bytes of what is sent at once; the server refuses large messages
const PROTOCOL = 1;
// Closed for a reason that waiting does not change; everything else is tried again.
const FINAL = { 1003: "broken", 1009: "tooMuch", 4401: "signedOut", 4404: "gone", 4410: "begunAnew" };
const FOR_READERS = 4403;
const NOTHING = new Uint8Array([0, 0]); // an update without anything in it

export class Provider extends EventTarget {
  constructor({ address, doc, awareness, kept }) {
    super();
    Object.assign(this, { address, doc, awareness, kept });
    this.changes = new Changes();
    this.earlier = []; // edits that an earlier page kept on this device
    this.unsent = []; // edits of this page that are not acknowledged
    this.sent = 0;
    this.acked = 0;
    this.tries = 0;
    this.synced = false; // this page has sent what the server lacked, and may send updates
    this.writable = true;
    this.refused = null;
    this.ended = null;
    kept.lost = () => this.tell();
    doc.on("update", (update, origin) => this.edited(update, origin));
    doc.on("update", () => {
      clearTimeout(this.quiet);
      this.quiet = setTimeout(() => this.compare(), QUIET_MS);
    });
    awareness.on("update", ({ added, updated, removed }, origin) => {
      const own = [...added, ...updated, ...removed].includes(awareness.clientID);
      if (own && origin === "local" && this.synced) this.sendAwareness();
    });
    addEventListener("online", () => this.hurry());
    addEventListener("offline", () => this.abandon());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
    addEventListener("pagehide", () => this.leave());
    addEventListener("pageshow", (event) => event.persisted && this.connect());
  }

  async start() {
    this.earlier = await this.kept.earlier();
    if (this.earlier.length) {
      this.changes.found();
      this.epoch = this.earlier.at(-1).epoch;
    }
    this.connect();
  }

  // --- The connection ----------------------------------------------------------------

  whole() {
    const address = new URL(this.address);
    address.searchParams.set("v", PROTOCOL);
    if (this.epoch !== undefined) address.searchParams.set("epoch", this.epoch);
    return address;
  }

  connect() {
    if (this.ended || this.socket) return;
    const socket = new WebSocket(this.whole());
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.sent = 0;
    this.acked = 0;
    this.heard = Date.now();
    this.opening = setTimeout(() => socket.close(), OPENING_MS);
    socket.onopen = () => {
      clearTimeout(this.opening);
      this.ask();
      this.beat = setInterval(() => this.check(), BEAT_MS);
      this.look = setInterval(() => this.isUnheard() && this.abandon(), LOOK_MS);
    };
    socket.onmessage = ({ data }) => socket === this.socket && this.receive(data);
    socket.onclose = ({ code, reason }) => socket === this.socket && this.lost(code, reason);
  }

  lost(code, reason = "") {
    clearInterval(this.beat);
    clearInterval(this.look);
    clearTimeout(this.opening);
    this.socket = null;
    this.synced = false;
    this.met = false;
    const others = [...this.awareness.getStates().keys()].filter((client) => client !== this.awareness.clientID);
    removeAwarenessStates(this.awareness, others, "lost");
    if (FINAL[code]) this.ended = reason === "version" ? "oldPage" : FINAL[code];
    else this.later(code === 4429 ? CROWDED_MS : 0);
    if (code === FOR_READERS) this.writable = false;
    this.tell();
  }

  // Full jitter: after a deployment, everybody would else come back at the same moment.
  later(least = 0) {
    const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.tries++);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), least + Math.random() * ceiling);
  }

  hurry() {
    if (this.socket || this.ended) return;
    clearTimeout(this.retry);
    this.tries = 0;
    this.later();
  }

  // A laptop that slept has a socket that is open in name only.
  wake() {
    if (Date.now() - this.heard > SILENT_MS) this.abandon();
    this.hurry();
  }

  check() {
    if (Date.now() - this.heard > SILENT_MS) return this.abandon();
    this.say({ t: "ping" });
    this.ask();
    this.compare();
  }

  // What was sent has had no answer, nor anything else, for a while.
  isUnheard() {
    return this.sent > this.acked && Date.now() - Math.max(this.heard, this.sentAt) > UNHEARD_MS;
  }

  // Texts that are not those of the server must not be written on unnoticed.
  compare() {
    const waits = this.acked < this.sent || this.changes.count || this.refused;
    if (this.met && !waits) this.say({ t: "sum", sum: checksum(this.doc) });
  }

  // Closing waits for the other side, which is not there.
  abandon() {
    const { socket } = this;
    if (!socket) return;
    socket.close();
    this.lost(1006);
  }

  leave() {
    this.socket?.close(1000);
  }

  // The person signs out: nothing is to be sent or kept from here on.
  stop() {
    this.ended = "signedOut";
    this.changes.settled();
    clearTimeout(this.retry);
    this.leave();
  }

  // After somebody signed in again in another tab.
  again() {
    this.ended = null;
    this.hurry();
  }

  // --- What goes out -----------------------------------------------------------------

  ask() {
    this.send(SYNC, (encoder) => sync.writeSyncStep1(encoder, this.doc));
  }

  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  edited(update, origin) {
    if (origin === this) return;
    if (origin !== this.kept) {
      this.kept.keep(update, this.epoch);
      this.unsent.push(update);
      this.changes.made(origin);
    }
    if (this.synced) this.sendUpdate((encoder) => sync.writeUpdate(encoder, update));
    this.tell();
  }

  sendUpdate(write) {
    if (this.sent === this.acked) this.sentAt = Date.now();
    this.sent += 1;
    this.send(SYNC, write);
  }

  sendAwareness() {
    const update = encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]);
    this.send(AWARENESS, (encoder) => encoding.writeVarUint8Array(encoder, update));
  }

  send(kind, write) {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, kind);
    write(encoder);
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(encoding.toUint8Array(encoder));
  }

  // The words that were typed here and are not on the server, for whoever must copy them.
  writtenHere() {
    const updates = [...this.earlier.map((one) => one.update), ...this.unsent];
    const pieces = updates.flatMap((update) => Y.decodeUpdate(update).structs);
    return pieces.map((piece) => piece.content?.str || "").join("");
  }

  // --- What comes in -----------------------------------------------------------------

  receive(data) {
    this.heard = Date.now();
    try {
      if (typeof data === "string") this.hear(data);
      else this.read(decoding.createDecoder(new Uint8Array(data)));
    } catch (error) {
      console.warn("live: a message was not understood", error);
      this.socket?.close(); // the handshake brings both sides to the same state
    }
  }

  hear(text) {
    const message = JSON.parse(text);
    if (message.t === "hello") this.greeted(message);
    if (message.t === "refused") this.refused = message.reason;
    this.dispatchEvent(new CustomEvent("message", { detail: message }));
    if (message.t === "refused") this.tell();
  }

  greeted({ epoch, can_write: writable, user }) {
    this.epoch = epoch;
    this.user = user;
    this.writable = writable;
    if (!writable) this.synced = false;
    this.tell();
  }

  read(decoder) {
    const kind = decoding.readVarUint(decoder);
    if (kind === SYNC) this.readSync(decoder);
    else if (kind === AWARENESS) applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this);
    else if (kind === ACK) this.acknowledge(decoding.readVarUint(decoder));
  }

  readSync(decoder) {
    const step = decoding.readVarUint(decoder);
    if (step === sync.messageYjsSyncStep1) return this.answer(decoding.readVarUint8Array(decoder));
    sync.readSyncStep2(decoder, this.doc, this);
    this.tries = 0;
    this.met = true;
    if (step === sync.messageYjsSyncStep2) this.dispatchEvent(new CustomEvent("synced"));
  }

  // What the server lacks, with what an earlier page kept.
  answer(vector) {
    this.bringBack();
    const whole = this.refused === "incomplete"; // parts alone did not do
    this.refused = null;
    this.synced = true;
    this.sendWhatIsMissing(vector, whole);
    if (this.awareness.getLocalState()) this.sendAwareness();
    this.tell();
  }

  // Much offline work goes in parts, after a step 2 that says nothing: what the server
  // lacks is what it has not acknowledged.
  sendWhatIsMissing(vector, whole) {
    const missing = Y.encodeStateAsUpdate(this.doc, vector);
    const parts = missing.length > LONGEST && !whole ? this.inParts() : [];
    this.sendUpdate((encoder) => {
      encoding.writeVarUint(encoder, sync.messageYjsSyncStep2);
      encoding.writeVarUint8Array(encoder, parts.length ? NOTHING : missing);
    });
    for (const part of parts) this.sendUpdate((encoder) => sync.writeUpdate(encoder, part));
  }

  inParts() {
    const parts = [[]];
    let size = 0;
    for (const update of this.unsent) {
      size += update.length;
      if (size > LONGEST && parts.at(-1).length) {
        parts.push([]);
        size = update.length;
      }
      parts.at(-1).push(update);
    }
    return parts.filter((part) => part.length).map((part) => Y.mergeUpdates(part));
  }

  bringBack() {
    this.synced = false; // step 2 carries it all
    const earlier = this.earlier.splice(0).map(({ update }) => update);
    for (const update of earlier) Y.applyUpdate(this.doc, update, this.kept);
    this.unsent.unshift(...earlier);
  }

  acknowledge(count) {
    this.acked = count;
    if (this.acked < this.sent || this.refused) return this.tell();
    const saved = this.changes.count > 0;
    this.changes.settled();
    this.unsent = [];
    this.kept.drop();
    return this.tell(saved);
  }

  // --- What the page is told ---------------------------------------------------------

  tell(saved = false) {
    const waiting = this.changes.count;
    const detail = {
      saved,
      waiting,
      connected: Boolean(this.socket) && (this.synced || !this.writable),
      saving: this.synced && waiting > 0,
      writable: this.writable,
      refused: this.refused === "incomplete" ? null : this.refused, // asked for at once
      ended: this.ended,
      durable: this.kept.durable,
    };
    this.dispatchEvent(new CustomEvent("state", { detail }));
  }
}
