// What can be taken along: the spec, its source, drawings, figures and report, and a link.

import { answered, fileOf, given, nameOf, say, state } from './asking.js';
import { byId } from './saying.js';
import { download, pixels } from './sharing.js';

const SAVED = {
  spec: () => [fileOf(), state.text, 'text/yaml'],
  source: async () => [`${nameOf()}.py`, (await answered('source', { ...given(), slot: 'saved' }, byId('refused')))?.source, 'text/x-python'],
  cost: async () => [`${nameOf()}.json`, (await answered('cost', { ...given(), form: 'json', slot: 'saved' }, byId('refused')))?.json, 'application/json'],
  svg: async () => ['overview.svg', await overview(), 'image/svg+xml'],
  png: async () => {
    const svg = await overview();
    return ['overview.png', svg && (await pixels(svg)), 'image/png'];
  },
  report: async () => ['report.html', (await answered('report', { ...given(), output: 'report.html' }, byId('refused')))?.page, 'text/html'],
};

async function overview() {
  const wanted = { ...given(), heat: state.heat, form: 'svg', what: 'overview', slot: 'saved' };
  return (await answered('draw', wanted, byId('refused')))?.picture;
}

/** Download one of these. */
export async function save(what) {
  const [name, content, type] = await SAVED[what]();
  if (content !== undefined && content !== null) download(name, content, type);
}
