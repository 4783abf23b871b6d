// Python in a worker: it answers one question after another, and typing never waits for it.

const own = new URL('.', import.meta.url);
const at = (name) => new URL(name, own).href;
const FOLDER = '/app';
// What is there once all is imported stays: it needn't be looked through for what can go.
const BEGIN = `
import gc, sys
sys.path.insert(0, '${FOLDER}')
from playground.answering import answer
gc.freeze()
gc.set_threshold(100_000, 50, 50)
answer
`;

async function fetched(name) {
  const found = await fetch(at(name));
  if (!found.ok) throw new Error(`${name}: ${found.status}`);
  return found;
}

/** The files that Python imports: how long the list is, paths with sizes, then all bytes. */
async function unpacked(name) {
  const { body } = await fetched(name);
  const inflated = body.pipeThrough(new DecompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(inflated).arrayBuffer());
  let start = 4 + new DataView(bytes.buffer).getUint32(0, true);
  const listed = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
  return listed.map(([path, size]) => {
    start += size;
    return [`${FOLDER}/${path}`, bytes.subarray(start - size, start)];
  });
}

/** Everything that answering takes; the files come while Python itself is made ready. */
async function begin() {
  const files = unpacked('python.bin');
  const { loadPyodide } = await import(at('pyodide/pyodide.mjs'));
  // Without plugins pydantic needn't look through every package for them.
  const python = await loadPyodide({
    indexURL: at('pyodide/'),
    env: { HOME: '/home/pyodide', PYDANTIC_DISABLE_PLUGINS: '__all__' },
  });
  const made = new Set();
  for (const [path, bytes] of await files) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    if (!made.has(folder)) python.FS.mkdirTree(folder);
    made.add(folder);
    python.FS.writeFile(path, bytes);
  }
  return python.runPython(BEGIN);
}

const begun = begin();
begun.then(
  () => postMessage({ state: 'ready' }),
  (why) => postMessage({ state: 'failed', why: String(why) }),
);

onmessage = async ({ data: { id, question } }) => {
  const answer = await begun;
  try {
    postMessage({ id, answer: answer(JSON.stringify(question)) });
  } catch (why) {
    postMessage({ id, fault: String(why) });
  }
};
