const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");
const { isSpec } = require("../dist/detecting.js");

const shelf = path.join(__dirname, "..", "..", "..", "specs");
const read = (folder) =>
  fs.readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => [name, fs.readFileSync(path.join(folder, name), "utf8")]);

test("every spec of the shelf is one", () => {
  const specs = read(shelf);
  assert.ok(specs.length > 10);
  assert.deepStrictEqual(specs.filter(([, text]) => !isSpec(text)), []);
});

test("names of weights are none", () => {
  assert.deepStrictEqual(read(path.join(shelf, "weights")).filter(([, text]) => isSpec(text)), []);
});

test("other YAML is none", () => {
  for (const text of ["", "name: CI\non: push\n", "a:\n  name: x\n  input: 3\n  classes: 2\n", "classes: 3"]) {
    assert.ok(!isSpec(text), text);
  }
});

test("line ends of Windows don't matter", () => {
  assert.ok(isSpec("# a\r\nname: a\r\nextends: googlenet\r\n"));
});
