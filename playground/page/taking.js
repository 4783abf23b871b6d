// What can be taken along: the spec, its source, drawings, figures and report, and a link.

import { answered, given, nameOf, state } from './asking.js';
import { byId } from './saying.js';
import { download, pixels } from './sharing.js';

const NAMED = /^name: *(["']?)([\w-]+)\1 *(?:#.*)?$/m;
/** What files are called: as the spec calls itself, where it does. */
const ownName = () => state.text.match(NAMED)?.[2] ?? nameOf();
/** What is asked for them: it is told of a spec in the file that is downloaded. */
const own = () => ({ ...given(), file: `${ownName()}.yaml`, slot: 'saved' });

const SAVED = {
  spec: () => [`${ownName()}.yaml`, state.text, 'text/yaml'],
  source: async () => [`${ownName()}.py`, (await answered('source', own(), byId('refused')))?.source, 'text/x-python'],
  cost: async () => [`${ownName()}.json`, (await answered('cost', { ...own(), form: 'json' }, byId('refused')))?.json, 'application/json'],
  svg: async () => [`${ownName()}.svg`, await overview(), 'image/svg+xml'],
  png: async () => {
    const svg = await overview();
    return [`${ownName()}.png`, svg && (await pixels(svg)), 'image/png'];
  },
  report: async () => {
    const name = `${ownName()}.html`;
    return [name, (await answered('report', { ...own(), output: name }, byId('refused')))?.page, 'text/html'];
  },
};

async function overview() {
  const wanted = { ...own(), heat: state.heat, form: 'svg', what: 'overview' };
  return (await answered('draw', wanted, byId('refused')))?.picture;
}

/** Download one of these. */
export async function save(what) {
  const [name, content, type] = await SAVED[what]();
  if (content !== undefined && content !== null) download(name, content, type);
}
