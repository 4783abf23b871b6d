// The editor: CodeMirror with the compiler's findings, completions and hovers.

import { autocompletion } from '@codemirror/autocomplete';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, nextDiagnostic, setDiagnostics } from '@codemirror/lint';
import { EditorState, StateEffect, StateField, Transaction } from '@codemirror/state';
import { Decoration, EditorView, hoverTooltip, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { basicSetup } from 'codemirror';

import { offered, spoken } from './saying.js';

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--key)' },
  { tag: [tags.content, tags.string], color: 'var(--text)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--muted)', fontStyle: 'italic' },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: 'var(--muted)' },
]);
const LOOKS = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--paper)', color: 'var(--text)', fontSize: '0.87rem' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--panel)', color: 'var(--muted)', borderColor: 'var(--rule)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--line)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--selected) !important',
  },
  '.cm-tooltip': { backgroundColor: 'var(--panel)', color: 'var(--text)', borderColor: 'var(--rule)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent)',
    color: 'var(--paper)',
  },
  '.cm-panels': { backgroundColor: 'var(--panel)', color: 'var(--text)' },
});

const choosing = StateEffect.define();
const chosen = StateField.define({
  create: () => Decoration.none,
  update(marks, change) {
    for (const effect of change.effects) {
      if (!effect.is(choosing)) continue;
      const mark = Decoration.mark({ class: 'chosen' });
      return Decoration.set(effect.value.map(({ from, to }) => mark.range(from, to)), true);
    }
    return marks.map(change.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Units of UTF-16 that so many characters of a line take; those are what places count in. */
function units(line, characters) {
  let at = 0;
  for (let left = characters; left > 0 && at < line.length; left -= 1) {
    at += line.codePointAt(at) > 0xffff ? 2 : 1;
  }
  return at;
}

/** Where a place of the compiler's is, line and column from 1; the nearest that there is. */
function offset(doc, line, column) {
  const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return found.from + units(found.text, column - 1);
}

/** A stretch of at least one character, so that it can be seen. */
function stretch(doc, line, column, length) {
  const from = offset(doc, line, column);
  const to = Math.min(offset(doc, line, column + length), doc.length);
  return { from: Math.min(from, to), to };
}

/** A place of the language server's: line and units of UTF-16, both from 0. */
const inLines = (doc, [line, character]) => {
  const found = doc.line(Math.min(line + 1, doc.lines));
  return Math.min(found.from + character, found.to);
};

const KINDS = {
  Property: 'property', Class: 'class', Function: 'function', Keyword: 'keyword', Value: 'constant',
  EnumMember: 'enum', Variable: 'variable', Field: 'property', File: 'namespace', Snippet: 'text',
};

/**
 * `asks` has complete(line, character) and hover(line, character), both promises; `typed` is told of
 * each change and `moved` of each move of the cursor, with its line and column from 1.
 */
export function editorIn(parent, text, { asks, typed, moved }) {
  const source = async (context) => {
    const line = context.state.doc.lineAt(context.pos);
    const before = context.matchBefore(/[\w./@=-]*/);
    if (!context.explicit && before.from === before.to) return null;
    const found = await asks.complete(line.number - 1, context.pos - line.from);
    if (!found?.items.length) return null;
    const from = inLines(context.state.doc, found.items[0].start);
    return {
      from,
      options: found.items.map((item, order) => ({
        label: item.label,
        detail: item.detail,
        type: KINDS[item.kind] ?? 'text',
        apply: item.text,
        boost: Math.max(-99, 50 - order),
        info: item.about ? () => spoken(item.about) : undefined,
      })),
    };
  };
  const tips = hoverTooltip(async (view, pos) => {
    const line = view.state.doc.lineAt(pos);
    const found = await asks.hover(line.number - 1, pos - line.from);
    if (!found?.said) return null;
    return {
      pos: inLines(view.state.doc, found.start),
      end: inLines(view.state.doc, found.end),
      create: () => ({ dom: spoken(found.said) }),
    };
  });
  const heard = EditorView.updateListener.of((update) => {
    const ours = update.transactions.some((each) => each.annotation(Transaction.userEvent) === 'select.shown');
    if (update.docChanged) typed(update.state.doc.toString());
    if ((update.selectionSet || update.docChanged) && !ours) moved();
  });
  const extensions = [
    basicSetup, yaml(), chosen, lintGutter(), tips, heard, LOOKS, syntaxHighlighting(COLOURS),
    autocompletion({ override: [source] }), keymap.of([{ key: 'Alt-n', run: nextDiagnostic }]),
    EditorView.contentAttributes.of({ 'aria-label': 'Spec', spellcheck: 'false', tabindex: '0' }),
    EditorState.tabSize.of(2),
  ];
  const view = new EditorView({ parent, state: EditorState.create({ doc: text, extensions }) });
  return new Editor(view);
}

class Editor {
  constructor(view) {
    this.view = view;
  }

  get text() {
    return this.view.state.doc.toString();
  }

  /** Another text; what was there comes back by undoing. */
  open(text) {
    const changes = { from: 0, to: this.view.state.doc.length, insert: text };
    if (text !== this.text) this.view.dispatch({ changes, selection: { anchor: 0 }, userEvent: 'input.open' });
  }

  /** A text that differs in one stretch: that alone is changed, so that it can be undone. */
  become(text) {
    const old = this.text;
    let from = 0;
    while (from < old.length && from < text.length && old[from] === text[from]) from += 1;
    let behind = 0;
    const most = Math.min(old.length, text.length) - from;
    while (behind < most && old[old.length - 1 - behind] === text[text.length - 1 - behind]) behind += 1;
    const changes = { from, to: old.length - behind, insert: text.slice(from, text.length - behind) };
    this.view.dispatch({ changes, selection: { anchor: from }, userEvent: 'input.fix', scrollIntoView: true });
    this.view.focus();
  }

  /** Line and column of the cursor, in characters from 1. */
  get place() {
    const { head } = this.view.state.selection.main;
    const line = this.view.state.doc.lineAt(head);
    return { line: line.number, column: [...line.text.slice(0, head - line.from)].length + 1 };
  }

  /** Problems at their places; `act` mends one, by its number. */
  mark(problems, file, act) {
    const { doc } = this.view.state;
    const severity = { error: 'error', warning: 'warning', note: 'info' };
    const marked = problems.flatMap((problem, number) => {
      if (problem.line === null || problem.file !== file) return [];
      const said = [problem.message, problem.hint, problem.help].filter(Boolean).join('\n');
      const actions = problem.fix
        ? [{ name: offered(problem.fix), apply: () => act(number) }]
        : [];
      return [{
        ...stretch(doc, problem.line, problem.column, problem.length),
        severity: severity[problem.severity],
        message: said,
        source: problem.code,
        actions,
      }];
    });
    this.view.dispatch(setDiagnostics(this.view.state, marked));
  }

  /** Mark the words of some layers. */
  choose(places) {
    const { doc } = this.view.state;
    const found = places.map(([line, column, length]) => stretch(doc, line, column, length));
    const real = found.filter(({ from, to }) => to > from).sort((one, other) => one.from - other.from);
    this.view.dispatch({ effects: choosing.of(real), userEvent: 'select.shown' });
  }

  /** Bring the first of some places into sight in the editor; the page itself stays where it is. */
  reveal(places) {
    if (!places.length) return;
    const line = Math.min(...places.map(([first]) => first));
    const pane = this.view.scrollDOM;
    const { top, bottom } = this.view.lineBlockAt(offset(this.view.state.doc, line, 1));
    if (top >= pane.scrollTop && bottom <= pane.scrollTop + pane.clientHeight) return;
    pane.scrollTop = top - pane.clientHeight / 3;
  }

  /** Put the cursor at a place. */
  go(line, column) {
    const anchor = offset(this.view.state.doc, line, column);
    this.view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
    this.view.focus();
  }
}
