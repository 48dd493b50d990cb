// Bundles the editor into one file without any address or time in it, so that the same
// sources always make the same bytes; and the licences of what went into it.
//     node build.mjs [where to put dist/editor.js and licences/editor.txt]
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const [place = "../static"] = process.argv.slice(2);

const { metafile } = await build({
  entryPoints: ["src/main.js"],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  outfile: `${place}/dist/editor.js`,
});

const packages = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input) || [];
  if (name) packages.add(name);
}
const licences = [...packages].sort().map((name) => {
  const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`));
  const text = readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync(
  `${place}/licences/editor.txt`,
  `What static/dist/editor.js is made of, besides Afterword's own sources.\n\n${licences.join(`\n${"-".repeat(78)}\n\n`)}`,
);
