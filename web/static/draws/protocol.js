// DRAW/1 and ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381) written a second time, from the text alone:
// a draw that the server and this file see differently is not published as good.
const utf8 = new TextEncoder();
const P = 2n ** 255n - 19n;
const Q = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a, m = P) => { const r = a % m; return r < 0n ? r + m : r; };
function power(base, exponent) {
  let [made, b] = [1n, mod(base)];
  for (let e = exponent; e > 0n; e >>= 1n) { if (e & 1n) made = mod(made * b); b = mod(b * b); }
  return made;
}
const inverse = (a) => power(a, P - 2n);
const D = mod(-121665n * inverse(121666n));
const ROOT = power(2n, (P - 1n) / 4n);

export const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
export const unhex = (text) => {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new Error("not hex");
  return Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));
};
const join = (...parts) => {
  const made = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { made.set(part, at); at += part.length; }
  return made;
};
const little = (bytes) => BigInt("0x" + (hex(Uint8Array.from(bytes).reverse()) || "0"));
const big = (number, size) => unhex(number.toString(16).padStart(2 * size, "0"));
const littleBytes = (number) => big(number, 32).reverse();
const digest = async (name, data) => new Uint8Array(await crypto.subtle.digest(name, data));

// Points in extended coordinates (RFC 8032, 5.1.4).
const ZERO = [0n, 1n, 1n, 0n];
function add(a, b) {
  const left = mod((a[1] - a[0]) * (b[1] - b[0]));
  const right = mod((a[1] + a[0]) * (b[1] + b[0]));
  const cross = mod(2n * a[3] * b[3] * D);
  const both = mod(2n * a[2] * b[2]);
  const [e, f, g, h] = [right - left, both - cross, both + cross, right + left];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}
const negate = (a) => [mod(-a[0]), a[1], a[2], mod(-a[3])];
function times(scalar, point) {
  let [made, p] = [ZERO, point];
  for (let s = scalar; s > 0n; s >>= 1n) { if (s & 1n) made = add(made, p); p = add(p, p); }
  return made;
}
const isZero = (a) => mod(a[0]) === 0n && mod(a[1] - a[2]) === 0n;
function encode(a) {
  const z = inverse(a[2]);
  return littleBytes(mod(a[1] * z) | ((mod(a[0] * z) & 1n) << 255n));
}
function decode(bytes) {
  if (bytes.length !== 32) return null;
  const number = little(bytes);
  const sign = number >> 255n;
  const y = number & ((1n << 255n) - 1n);
  if (y >= P) return null;
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square) !== 0n) x = mod(x * ROOT);
  if (mod(x * x - square) !== 0n || (x === 0n && sign === 1n)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}
const BASE = decode(littleBytes(mod(4n * inverse(5n))));

// The output that a proof proves, or null (RFC 9381, 5.3).
export async function vrfVerify(key, proof, alpha) {
  const holder = decode(key);
  if (holder === null || isZero(times(8n, holder)) || proof.length !== 80) return null;
  const gamma = decode(proof.slice(0, 32));
  const challenge = little(proof.slice(32, 48));
  const answer = little(proof.slice(48));
  if (gamma === null || answer >= Q) return null;
  const target = await toCurve(key, alpha);
  const u = add(times(answer, BASE), negate(times(challenge, holder)));
  const v = add(times(answer, target), negate(times(challenge, gamma)));
  const said = join([3, 2], key, encode(target), proof.slice(0, 32), encode(u), encode(v), [0]);
  if (little((await digest("SHA-512", said)).slice(0, 16)) !== challenge) return null;
  return digest("SHA-512", join([3, 3], encode(times(8n, gamma)), [0]));
}
async function toCurve(key, alpha) {
  for (let counter = 0; counter < 256; counter += 1) {
    const tried = await digest("SHA-512", join([3, 1], key, alpha, [counter, 0]));
    const point = decode(tried.slice(0, 32));
    if (point === null) continue;
    const cleared = times(8n, point);
    if (!isZero(cleared)) return cleared;
  }
  throw new Error("no point found");
}

// DRAW/1
const prefixed = (bytes) => join(big(BigInt(bytes.length), 4), bytes);
const tagged = (tag, ...parts) =>
  digest("SHA-256", join(...[utf8.encode(`DRAW/1/${tag}`), ...parts].map(prefixed)));
function canon(value) {
  if (Array.isArray(value)) return `[${value.map(canon).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canon(value[name])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}
const byBytes = (a, b) => {
  const [x, y] = [utf8.encode(a), utf8.encode(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i += 1) if (x[i] !== y[i]) return x[i] - y[i];
  return x.length - y.length;
};
export const drawId = (manifest) => tagged("id", utf8.encode(canon(manifest)));
export async function commitment(drawHex, who, nonceHex) {
  return hex(await tagged("commit", unhex(drawHex), utf8.encode(who), unhex(nonceHex)));
}
async function alphaOf(draw, contributions) {
  const parts = [big(BigInt(contributions.length), 4)];
  for (const one of [...contributions].sort((a, b) => byBytes(a.who, b.who))) {
    const opens = one.reveal && (await commitment(hex(draw), one.who, one.reveal)) === one.commit;
    if (one.reveal && !opens) throw new Error("a reveal opens nothing");
    parts.push(utf8.encode(one.who), unhex(one.commit), opens ? unhex(one.reveal) : unhex(""));
  }
  return tagged("alpha", draw, ...parts);
}
async function* stream(seed) {
  const key = await crypto.subtle.importKey(
    "raw", seed, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  for (let block = 0n; ; block += 1n) {
    const text = join(utf8.encode("DRAW/1/stream"), big(block, 8));
    const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", key, text));
    for (let at = 0; at < 32; at += 8) yield BigInt("0x" + hex(bytes.slice(at, at + 8)));
  }
}
async function uniform(words, n) {
  const limit = 2n ** 64n - (2n ** 64n % n);
  for (;;) {
    const { value } = await words.next();
    if (value < limit) return value % n;
  }
}
export async function outcome(said) {
  const { manifest } = said;
  const draw = await drawId(manifest);
  const alpha = await alphaOf(draw, said.contrib);
  if (manifest.vrf.length < 2 || said.proofs.length !== manifest.vrf.length) return null;
  const outputs = [];
  for (const [at, { pk }] of manifest.vrf.entries()) {
    const output = await vrfVerify(unhex(pk), unhex(said.proofs[at]), alpha);
    if (output === null) return null;
    outputs.push(output);
  }
  const pulse = unhex(said.beacon?.sig ?? "");
  const seed = await tagged("seed", draw, alpha, ...outputs, pulse);
  const words = stream(seed);
  const pool = manifest.pool.map((member) => member.uscc).sort(byBytes);
  for (let place = 0; place < manifest.k; place += 1) {
    const chosen = place + Number(await uniform(words, BigInt(pool.length - place)));
    [pool[place], pool[chosen]] = [pool[chosen], pool[place]];
  }
  return { seed: hex(seed), result: pool.slice(0, manifest.k) };
}
export async function verify(said) {
  try {
    const again = await outcome(said);
    return again !== null && again.seed === said.seed
      && JSON.stringify(again.result) === JSON.stringify(said.result);
  } catch {
    return false;
  }
}
