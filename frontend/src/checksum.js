// CRC-32 of all texts, as docs/live-editing.md says: what the server compares with its own.
export function checksum(doc) {
  const keys = [...doc.share.keys()].sort();
  const texts = keys.map((key) => [key, doc.getText(key).toString()]).filter(([, text]) => text);
  let sum = -1;
  for (const byte of new TextEncoder().encode(texts.map(([key, text]) => `${key}\0${text}\0`).join(""))) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
  }
  return ~sum >>> 0;
}
