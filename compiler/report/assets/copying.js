// The rows that are shown, for a spreadsheet, a README or a paper. Needs table.js.

const FORMS = { csv: asCsv, markdown: asMarkdown, latex: asLatex };

/** Numbers without the commas that people want. */
function cells(row) {
  return [...row.cells].map((cell, column) =>
    column < WORDS ? cell.textContent : cell.textContent.replaceAll(',', ''));
}

function shownRows(table) {
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  return [table.tHead.rows[0], ...rows, table.tFoot.rows[0]].map(cells);
}

function asCsv(rows) {
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => `${row.map(quoted).join(',')}\n`).join('');
}

function asMarkdown(rows) {
  const line = (row) => `| ${row.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |\n`;
  const [head, ...rest] = rows;
  return line(head) + line(head.map(() => '---')) + rest.map(line).join('');
}

function asLatex(rows) {
  const marks = { '\\': '\\textbackslash{}', '~': '\\textasciitilde{}', '^': '\\textasciicircum{}', '×': '$\\times$' };
  const escaped = (text) => text.replace(/[\\~^×]|[&%$#_{}]/g, (mark) => marks[mark] ?? `\\${mark}`);
  const lines = rows.map((row) => `${row.map(escaped).join(' & ')} \\\\\n`);
  const columns = rows[0].map((_, place) => (place < WORDS ? 'l' : 'r')).join('');
  return `\\begin{tabular}{${columns}}\n\\hline\n${lines[0]}\\hline\n${lines.slice(1).join('')}\\hline\n\\end{tabular}\n`;
}

function copyable(section, table) {
  const told = section.querySelector('.told');
  for (const button of section.querySelectorAll('.copy button')) {
    button.addEventListener('click', async () => {
      const text = FORMS[button.dataset.form](shownRows(table()));
      try {
        await navigator.clipboard.writeText(text);
        told.textContent = `copied ${text.length} characters`;
      } catch {
        told.replaceChildren(asField(text));
      }
    });
  }
}

/** Where a page may not write to the clipboard its reader can. */
function asField(text) {
  const field = document.createElement('textarea');
  field.value = text;
  field.setAttribute('aria-label', 'Copy this');
  queueMicrotask(() => field.select());
  return field;
}
