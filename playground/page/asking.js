// What the page knows, and whom it asks: Python, which is told to begin, to answer and to stop.

import { Dropped, Python, Refused, Unbuilt } from './python.js';
import { byId } from './saying.js';

const LONG = 700; // Milliseconds from when on it is said that an answer takes long, with a way to stop.
const TOO_LONG = 60_000; // And when it is stopped.

export const state = { text: '', base: '', variant: '', path: '', tab: 'picture', heat: 'macs', layers: false };
export const seen = { places: {}, known: new Set(), cost: null, before: null, fresh: false, looked: false };

export const nameOf = () => state.base.split('@')[0] || 'network';
export const fileOf = () => `${nameOf()}.yaml`;
export const given = () => ({ text: state.text, file: fileOf(), variant: state.variant });

let python = null;
let since = 0; // When the answer that is waited for was asked for; 0 where none is.
export const isReady = () => Boolean(python?.ready);

/** Start Python; `ready` is called whenever it has nothing to do. */
export function startPython(script, ready) {
  python = new Python(script, (what, why) => {
    told(what, why);
    if (what === 'ready') ready();
  });
}

export function say(text, wrong = false) {
  byId('said').textContent = text;
  byId('said').classList.toggle('error', wrong);
}

/**
 * The answer, or null where it isn't needed any more; what is refused is shown in `place`. That a spec
 * is wrong is said of its cost alone, not in each view again.
 */
export async function answered(word, rest, place) {
  try {
    const found = await python.ask(word, rest);
    if (place) place.textContent = '';
    return found;
  } catch (why) {
    if (why instanceof Dropped) return null;
    if (why instanceof Unbuilt && place && place !== byId('refused')) place.textContent = '';
    else if (place && why instanceof Refused) place.textContent = why.message;
    else say(`${why.message}`, true);
    return null;
  }
}

const WORDS = { loading: 'starting Python …', ready: 'ready', failed: 'Python could not be started' };

function told(what, why) {
  document.documentElement.dataset.python = what;
  if (WORDS[what]) byId('state').textContent = WORDS[what];
  if (what === 'failed') say(why, true);
  since = what === 'busy' ? performance.now() : 0;
  byId('stop').textContent = what === 'failed' ? 'Try again' : 'Stop';
  if (!since) byId('stop').hidden = what !== 'failed';
}

setInterval(() => {
  const spent = since ? performance.now() - since : 0;
  if (spent < LONG) return;
  byId('stop').hidden = false;
  byId('state').textContent = `working for ${(spent / 1000).toFixed(0)} s …`;
  if (spent > TOO_LONG) stop('It took a minute, and was stopped: edit the spec and it is tried again.');
}, 250);

function stop(words) {
  python.stop();
  seen.looked = true; // What took so long isn't asked again before it has changed.
  say(words);
}

/** End what takes long; or start Python again that couldn't be started, and look anew. */
export function stopOrRetry() {
  if (document.documentElement.dataset.python !== 'failed') {
    stop('Stopped. Edit the spec, and it is looked at again.');
    return;
  }
  python.stop();
  seen.looked = false;
  say('');
}
