// The spec in the address and in this browser's storage: nothing is kept anywhere else.

const KEY = 'inception-compile.playground';
const SPEC = '#spec=';
/** Bytes that a spec may come to here: more than any that the compiler takes. */
const MOST = 2_000_000;
/**
 * Characters of an address that browsers and messengers pass on whole. None that is longer is read: what
 * is packed well comes to a thousand times as much, all of it in memory before anybody can count it.
 */
const LONGEST = 60_000;

const bytesOf = async (stream) => new Uint8Array(await new Response(stream).arrayBuffer());

async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = await bytesOf(stream);
  let letters = '';
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The text again; it ends where it grows beyond what a spec may be. */
async function unpacked(word) {
  const letters = atob(word.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MOST) {
      reader.cancel().catch(() => {});
      throw new Error('it is too large');
    }
    parts.push(value);
  }
  return strict(await bytesOf(new Blob(parts).stream()));
}

/** Bytes as a text; throws for what is none. */
const strict = (bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

/** What a file says. Throws, in words, for one that can be no spec. */
export async function read(file) {
  if (file.size > MOST) throw new Error('it is too large for a spec');
  try {
    return strict(await file.arrayBuffer());
  } catch {
    throw new Error('it is no text, in UTF-8');
  }
}

/** What the page shows, as the words behind `#`; empty where an address can't hold it. */
export async function addressed({ text, base, variant }, shelf) {
  const begun = shelf.get(base.split('@')[0]);
  if (begun && begun.text === text) return `#${variant ? `${begun.name}@${variant}` : begun.name}`;
  const hash = `${SPEC}${await packed(JSON.stringify([text, base, variant]))}`;
  return hash.length > LONGEST ? '' : hash;
}

/** What an address asks for; null for one that asks for nothing. Throws, in words, for one that can't be read. */
export async function asked(hash, shelf) {
  if (hash.length < 2) return null;
  if (hash.length > LONGEST) throw new Error('it is longer than any that this page makes');
  const spec = hash.startsWith(SPEC);
  const given = await (spec ? whole(hash.slice(SPEC.length)) : shelved(hash.slice(1), shelf)).catch(() => null);
  if (!given) throw new Error('it was cut off or changed on its way');
  if (spec) return given;
  if (!given.known) throw new Error(`there is no ${given.name} on the shelf`);
  const { known, name, variant } = given;
  return { text: known.text, base: variant ? `${name}@${variant}` : name, variant };
}

const whole = async (word) => sound(JSON.parse(await unpacked(word)));

async function shelved(word, shelf) {
  const [name, variant = ''] = decodeURIComponent(word).split('@');
  return { name, variant, known: shelf.get(name) };
}

function sound(given) {
  if (!Array.isArray(given) || given.length !== 3 || given.some((each) => typeof each !== 'string')) {
    throw new Error('it is not a spec');
  }
  const [text, base, variant] = given;
  return { text, base, variant };
}

export function keep({ text, base, variant }) {
  try {
    localStorage.setItem(KEY, JSON.stringify([text, base, variant]));
  } catch {
    // No storage, or no room in it: the address still holds the spec.
  }
}

export function kept() {
  try {
    const found = localStorage.getItem(KEY);
    return found ? sound(JSON.parse(found)) : null;
  } catch {
    return null;
  }
}

export function download(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A drawing as pixels, two a point; what the page's own tone is, it has too. */
export async function pixels(svg) {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const most = 16_000 / Math.max(image.width, image.height);
    const scale = Math.min(2, most);
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, image.width * scale);
    canvas.height = Math.max(1, image.height * scale);
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((settle) => canvas.toBlob(settle, 'image/png'));
    if (!made) throw new Error('this browser has no room for the pixels');
    return made;
  } finally {
    URL.revokeObjectURL(url);
  }
}
