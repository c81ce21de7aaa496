// Verifies an exported log (`ctspatialvqa export LOG --format jsonl`) without any code of CTSpatialVQA.
//   node verify-log.mjs LOG.jsonl [ANCHOR]        prints the anchor of the last record; exit code 1 if broken
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

// A line is the canonical JSON of {event, prev_sha256, seq, sha256}; its end has a fixed form.
const LINE = /^\{"event":(.*),"prev_sha256":"([0-9a-f]{64})","seq":([1-9][0-9]*),"sha256":"([0-9a-f]{64})"\}$/s;
const FIELDS = "actor,at_utc,event_id,kind,monotonic_s,payload,software";
const TOKEN = /[{}[\],:]|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|./gsu;
const points = (text) => [...text].map((sign) => sign.codePointAt(0)); // UTF-16 units order otherwise beyond U+FFFF

function before(one, other) {
  const [a, b] = [points(one), points(other)];
  const at = a.findIndex((point, index) => point !== b[index]);
  return at === -1 ? a.length < b.length : at < b.length && a[at] < b[at];
}

// As Python's json writes it: only ", \ and what lies below U+0020 are escaped, \u with small letters.
function string(token) {
  const text = JSON.parse(token);
  return '"' + text.replace(/["\\\u0000-\u001f]/g, (sign) => JSON.stringify(sign).slice(1, -1)) + '"';
}

// As Python's repr writes a float: the shortest digits, an exponent below 1e-4 and from 1e16 on, 1.0 and -0.0.
function number(token) {
  if (/^-?\d+$/.test(token)) return token === "-0" ? null : String(BigInt(token)); // whole numbers of any length
  const value = Number(token);
  if (!Number.isFinite(value)) return null;
  const [digits, exponent] = Math.abs(value).toExponential().split("e");
  const power = Number(exponent), sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (value !== 0 && (power < -4 || power >= 16))
    return `${sign}${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  const plain = String(Math.abs(value));
  return sign + (plain.includes(".") ? plain : plain + ".0");
}

function canonical(tokens, depth) {
  const token = tokens.shift() ?? "";
  if (token === "{" || token === "[") {
    if (depth === 200) throw Error("nested too deeply");
    const [end, items] = [token === "{" ? "}" : "]", []];
    for (let last; tokens[0] !== end; ) {
      if (items.length && tokens.shift() !== ",") throw Error("no JSON");
      const name = token === "{" ? string(tokens.shift() ?? "") : "";
      if (token === "{" && tokens.shift() !== ":") throw Error("no JSON");
      if (last !== undefined && token === "{" && !before(JSON.parse(last), JSON.parse(name))) throw Error("keys out of order");
      items.push((name && name + ":") + canonical(tokens, depth + 1));
      last = name;
    }
    return token + items.join(",") + tokens.shift();
  }
  return token[0] === '"' ? string(token) : /^(true|false|null)$/.test(token) ? token : number(token);
}

let [head, place, seen, found] = ["0".repeat(64), 0, new Set(), false];
const broken = (why) => { console.log(`broken at record ${place + 1}: ${why}`); process.exit(1); };
const [, , file, anchor] = process.argv;
for (const line of readFileSync(file, "utf8").split("\n").slice(0, -1)) {
  const [, event, prev, seq, sha256] = LINE.exec(line) ?? broken("no record");
  if (Number(seq) !== place + 1 || prev !== head) broken("it does not follow the one before");
  if (createHash("sha256").update(`[${seq},"${prev}",${event}]`).digest("hex") !== sha256) broken("its hash does not fit");
  try { if (canonical(event.match(TOKEN) ?? [], 0) !== event) broken("its text is not canonical"); } catch (error) { broken(error.message); }
  const read = JSON.parse(event);
  const known = typeof read.event_id !== "string" || seen.has(read.event_id);
  if (Object.keys(read).join() !== FIELDS || known) broken("no event, or one that was there");
  seen.add(read.event_id);
  [head, place] = [sha256, place + 1];
  found ||= anchor === `${place}:${head}`;
}
if (anchor && !found) broken("the anchor's record is not there");
console.log(`${place}:${head}`);
