// Paths of layers, and the parts of a chapter that are about them. Needs nothing; the playground takes it, too.

/** What a selector finds in an element, itself too. */
export function inside(root, selector) {
  return [...(root.matches(selector) ? [root] : []), ...root.querySelectorAll(selector)];
}

/** Whether a path is another one or inside it. */
export function isIn(path, outer) {
  return path === outer || path.startsWith(`${outer}.`);
}

/** Every path of a chapter: those of the cost table, and what they stand in. */
export function pathsOf(chapter) {
  const known = new Set();
  for (const row of chapter.querySelectorAll('.cost [data-path]')) {
    const parts = row.dataset.path.split('.');
    for (let n = 1; n <= parts.length; n += 1) known.add(parts.slice(0, n).join('.'));
  }
  return known;
}

/** The path of a box: what its id has behind the drawing's name, less what only drawings say. */
export function pathOfBox(id, sheet, known) {
  const parts = id.slice(sheet.length + 1).split('.');
  while (parts.length && !known.has(parts.join('.'))) parts.pop();
  return parts.join('.');
}

/** What is about a path among parts that have paths: itself, else what is in it, else around it. */
export function about(path, parts) {
  const same = parts.filter((part) => part.paths.includes(path));
  if (same.length) return same;
  const inside = parts.filter((part) => part.paths.some((own) => isIn(own, path)));
  if (inside.length) return inside;
  const outer = path.split('.').slice(0, -1).join('.');
  return outer ? about(outer, parts) : [];
}
