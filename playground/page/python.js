// The page's side of the worker: questions one at a time, the newest of a kind only, and a way to stop.

/** Why a question has no answer: a newer one took its place, or it was stopped. */
export class Dropped extends Error {}

/** What the compiler says instead of an answer: the words of its error. */
export class Refused extends Error {}

/** The same because the spec is wrong, as every answer about it would be. */
export class Unbuilt extends Refused {}

/** What is asked first when several questions wait: what somebody waits for with the hand on the mouse. */
const URGENCY = { complete: 0, hover: 1, fix: 2, cost: 3, check: 5 };
const urgency = (word) => URGENCY[word] ?? 4;

export class Python {
  /** `told` gets each state: loading, ready, busy, failed (and why). */
  constructor(script, told) {
    Object.assign(this, { script, told, waiting: [], running: null, ready: false, count: 0 });
    this.start();
  }

  start() {
    this.ready = false;
    this.told('loading');
    // A worker from a blob keeps to this page's policy; one from an address would keep to none.
    const source = new Blob([`import ${JSON.stringify(this.script)};`], { type: 'text/javascript' });
    const url = URL.createObjectURL(source);
    this.worker = new Worker(url, { type: 'module' });
    this.worker.onmessage = ({ data }) => this.heard(data);
    this.worker.onerror = (event) => this.failed(event.message || 'the worker could not be started');
  }

  heard(data) {
    if (data.state === 'ready') {
      this.ready = true;
      this.told('ready');
      this.next();
    } else if (data.state === 'failed') {
      this.failed(data.why);
    } else if (this.running?.id === data.id) {
      const { settle, fail } = this.running;
      this.running = null;
      const answer = data.fault ? null : JSON.parse(data.answer);
      if (data.fault) fail(new Error(data.fault));
      else if (answer.refused !== undefined) fail(new (answer.wrong ? Unbuilt : Refused)(answer.refused));
      else settle(answer);
      this.next();
    }
  }

  failed(why) {
    this.ready = false;
    this.told('failed', why);
    this.dropAll();
  }

  dropAll() {
    const dropped = [this.running, ...this.waiting].filter(Boolean);
    Object.assign(this, { running: null, waiting: [] });
    for (const each of dropped) each.fail(new Dropped(each.question.ask));
  }

  /** The answer to a question; of those of one kind that wait, the newest alone is asked. */
  ask(word, given = {}) {
    return new Promise((settle, fail) => {
      const kind = `${word} ${given.slot ?? ''}`;
      const { slot, ...rest } = given;
      const older = this.waiting.findIndex((each) => each.kind === kind);
      if (older >= 0) this.waiting.splice(older, 1)[0].fail(new Dropped(word));
      this.waiting.push({ id: (this.count += 1), kind, question: { ask: word, ...rest }, settle, fail });
      this.waiting.sort((one, other) => urgency(one.question.ask) - urgency(other.question.ask));
      this.next();
    });
  }

  next() {
    if (!this.ready || this.running) return;
    this.running = this.waiting.shift() ?? null;
    this.told(this.running ? 'busy' : 'ready');
    if (!this.running) return;
    this.worker.postMessage({ id: this.running.id, question: this.running.question });
  }

  /** End what runs and all that waits; Python is started anew, as nothing else ends it. */
  stop() {
    this.worker.terminate();
    this.dropAll();
    this.start();
  }
}
