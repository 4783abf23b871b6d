// Places in a text: which layer's words hold one.

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
