/** Whether a YAML file is a spec of a network: by the keys on its first level, whatever their order. */
export function isSpec(text: string): boolean {
  const has = (key: string) => new RegExp(`^${key}:`, "m").test(text);
  return has("name") && (has("extends") || (has("input") && has("classes")));
}
