// `npm run bundle`: the whole program as one file, dist/viaduct.cjs, with the licences of what it contains beside it.
// Three packages are replaced by what is needed of them; TLS and whatever else is loaded by `import()` stays unloaded
// until it is configured. Bounded: a file over `bundleBytesMax` stops the build.
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { build, type Plugin } from 'esbuild';
import { sitePackages } from '#dashboard-site';
import { licencesOf, packagesOf } from './licences.ts';

const bundleBytesMax = 1_048_576;

/** Packages, and which function of which file of this folder stands for each. */
const substitutes: Readonly<Record<string, { readonly file: string; readonly name: string }>> = {
  bl: { file: 'flat-list.js', name: 'flatList' },
  debug: { file: 'silence.js', name: 'silence' },
  'thread-stream': { file: 'no-threads.js', name: 'NoThreads' },
};

const replacing: Plugin = {
  name: 'substitutes',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(bl|debug|thread-stream)$/ }, ({ path }) => ({ path, namespace: 'substitute' }));
    onLoad({ filter: /.*/, namespace: 'substitute' }, ({ path }) => {
      const { file, name } = substitutes[path] ?? { file: '', name: '' };
      return { contents: `module.exports = require('./${file}').${name};`, resolveDir: import.meta.dirname };
    });
  },
};

const root = process.cwd();
const outfile = join(root, 'dist', 'viaduct.cjs');
/** Put in place whole, for whoever runs the one before meanwhile. */
const draft = `${outfile}.${process.pid}`;
await mkdir(join(root, 'dist'), { recursive: true });
const { metafile } = await build({
  entryPoints: [join(root, 'build/src/app/main.js')],
  outfile: draft,
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  legalComments: 'none',
  metafile: true,
  absWorkingDir: root,
  plugins: [replacing],
  // what follows in the same folder describes the source, which is not there
  sourcemap: false,
});
const packages = [...packagesOf(Object.keys(metafile.inputs)), ...sitePackages].sort();
await writeFile(`${outfile}.LICENSES.txt`, await licencesOf(packages, root));
await writeFile(draft, inAscii(await readFile(draft, 'utf8')), { mode: 0o755 });
await rename(draft, outfile);
const { size } = await stat(outfile);
const lines = [
  `dist/viaduct.cjs: ${(size / 1024).toFixed(0)} KiB, with ${packages.join(', ')}`,
  'dist/viaduct.cjs.LICENSES.txt: their licences',
  'Run it with Node 20.19 or newer: node viaduct.cjs start --config FILE',
];
process.stdout.write(`${lines.join('\n')}\n`);
if (size > bundleBytesMax) {
  process.stderr.write(`the bundle has ${size} bytes, at most ${bundleBytesMax} are allowed\n`);
  process.exitCode = 1;
}

/**
 * One character beyond Latin-1 anywhere, and V8 keeps two bytes for each of the whole source. esbuild escapes those of
 * texts, but leaves them in regular expressions, where the same escape means the same.
 */
function inAscii(source: string): string {
  return source.replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
