// Compile all Python of a folder with the Python that will run it, so that no visitor has to.

import process from 'node:process';
import { loadPyodide } from 'pyodide';

const [folder] = process.argv.slice(2);
const python = await loadPyodide();
python.FS.mkdir('/tree');
python.mountNodeFS('/tree', folder);
const done = python.runPython(`
import compileall
from py_compile import PycInvalidationMode

compileall.compile_dir(
    '/tree', quiet=1, stripdir='/tree', prependdir='/app',
    invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
)
`);
process.exit(done ? 0 : 1);
