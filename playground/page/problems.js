// What is wrong, as a list below the editor: each with its place, its meaning and its fix.

import { byId, coded, element, offered } from './saying.js';

/** `acts` has go(problem), mend(number) and explain(code), the last a promise of a text. */
export function problems(found, means, file, acts) {
  byId('problems').replaceChildren(...found.map((problem, number) => row(problem, number, means, file, acts)));
  const count = (severity) => found.filter((each) => each.severity === severity).length;
  const told = ['error', 'warning', 'note']
    .map((severity) => [count(severity), severity])
    .filter(([many]) => many)
    .map(([many, severity]) => `${many} ${severity}${many > 1 ? 's' : ''}`);
  byId('count').textContent = told.join(', ') || 'nothing is wrong';
}

function row(problem, number, means, file, acts) {
  const here = problem.line !== null && problem.file === file;
  const where = problem.line === null ? '' : `${here ? '' : `${problem.file}:`}${problem.line}:${problem.column}`;
  const place = here
    ? element('button', { type: 'button', class: 'place', onclick: () => acts.go(problem) }, where)
    : element('span', { class: 'place' }, where);
  const head = element(
    'p', {}, place, ' ',
    element('strong', { class: problem.severity }, `${problem.severity} ${problem.code}`), ' ', problem.message,
  );
  const more = [problem.hint, problem.help, ...problem.notes.map(({ line, message }) => (line ? `${message} (line ${line})` : message))];
  const said = more.filter(Boolean).map((text) => element('p', { class: 'more' }, ...coded(text)));
  return element('li', {}, head, ...said, actions(problem, number, means, here, acts));
}

function actions(problem, number, means, here, acts) {
  const made = element('div', { class: 'actions' });
  if (problem.fix && here) {
    made.append(element('button', { type: 'button', class: 'fix', onclick: () => acts.mend(number) }, offered(problem.fix)));
  }
  const body = element('pre', { class: 'explained' });
  const details = element(
    'details', {},
    element('summary', {}, `What ${problem.code} means: ${means[problem.code] ?? ''}`),
    body,
  );
  details.addEventListener('toggle', async () => {
    if (details.open && !body.textContent) body.textContent = await acts.explain(problem.code);
  });
  made.append(details);
  return made;
}
