// Paths of layers: which of some parts are about one.

/** Whether a path is another one or inside it. */
export const isIn = (path, outer) => path === outer || path.startsWith(`${outer}.`);

/** What is about a path among parts that have paths: itself, else what is in it, else around it. */
export function about(path, parts) {
  const same = parts.filter((part) => part.paths.includes(path));
  if (same.length) return same;
  const inside = parts.filter((part) => part.paths.some((own) => isIn(own, path)));
  if (inside.length) return inside;
  const outer = path.split('.').slice(0, -1).join('.');
  return outer ? about(outer, parts) : [];
}

/** The path of the layer whose words hold a place, the innermost; empty for words of no layer. */
export function pathAt(places, line, column) {
  let best = '';
  let least = Infinity;
  for (const [path, [at, start, length]] of Object.entries(places)) {
    if (at === line && start <= column && column <= start + length && length < least) {
      best = path;
      least = length;
    }
  }
  return best;
}

/** The step that says most of a line, for a cursor that is in no layer's own words. */
export function pathOn(places, line) {
  return Object.keys(places).find((path) => places[path][0] === line) ?? '';
}
