// `npm run bundle`: the whole program as one file, dist/viaduct.cjs, with the licences of what it contains beside it.
// Three packages are replaced by what is needed of them. esbuild splits the program where it says `import()`; the file
// is a small loader (part-loader.ts) and behind it, in a comment, the parts, each compressed. TLS and whatever else is
// loaded by `import()` stays unread until it is configured. Bounded: a file over `bundleBytesMax` stops the build.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import process from 'node:process';
import { compileFunction } from 'node:vm';
import { brotliCompressSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { sitePackages } from '#dashboard-site';
import { licencesOf, packagesOf } from './licences.ts';
import type { PartTable } from './part-loader.ts';
import { partScript } from './part-script.ts';

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
const common = {
  outdir: join(root, 'dist'),
  bundle: true,
  minify: true,
  write: false,
  platform: 'node',
  target: 'node20.19',
  legalComments: 'none',
  absWorkingDir: root,
} as const;
const { metafile, outputFiles } = await build({
  ...common,
  entryPoints: [join(root, 'build/src/app/main.js')],
  splitting: true,
  format: 'esm',
  metafile: true,
  plugins: [replacing],
  // what follows in the same folder describes the source, which is not there
  sourcemap: false,
});
const packages = [...packagesOf(Object.keys(metafile.inputs)), ...sitePackages].sort();
await writeFile(`${outfile}.LICENSES.txt`, await licencesOf(packages, root));

const names = partNames();
const parts = outputFiles.map(({ path, text }) => {
  const name = names.get(basename(path)) ?? '';
  const script = partScript({ text, partOf: (from) => names.get(basename(from)) });
  compileFunction(script, ['need', 'load', 'require'], { filename: name });
  return { name, packed: brotliCompressSync(script).toString('base64'), textLength: script.length };
});
const loader = await build({
  ...common,
  entryPoints: [join(root, 'build/src/bundle/part-loader.js')],
  format: 'cjs',
  define: { partTable: JSON.stringify(partTable()), passingParts: JSON.stringify(passingParts()) },
});
const loaderText = Buffer.from(loader.outputFiles[0]?.text ?? '').toString('base64');
const tail = `${loaderText}${parts.map(({ packed }) => packed).join('')}*/\n`;
const head = headOf(loaderText.length, tail.length);
await writeFile(draft, `${head}${tail}`, { mode: 0o755 });
await rename(draft, outfile);
const size = head.length + tail.length;
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
 * The beginning of the file: it runs the loader, which stands behind it as text. Nothing of it stays, so that V8 need
 * not keep the whole file as its source.
 */
function headOf(loaderBytes: number, tailBytes: number): string {
  const steps = [
    '"use strict"',
    'const{fstatSync,openSync,readSync}=require("node:fs"),descriptor=openSync(__filename,"r")',
    `const at=fstatSync(descriptor).size-${tailBytes},bytes=Buffer.alloc(${loaderBytes})`,
    `readSync(descriptor,bytes,0,${loaderBytes},at)`,
    'const text=Buffer.from(bytes.latin1Slice(),"base64").latin1Slice()',
    'const names=["program","descriptor","partsAt","require"],filename=__filename+"/loader.js"',
    `require("node:vm").compileFunction(text,names,{filename})(__filename,descriptor,at+${loaderBytes},require)`,
  ];
  return `#!/usr/bin/env node\n{${steps.join(';')}}/*`;
}

/** What only the reader of configurations is made of, besides commands that end and the API, which keeps its own. */
function passingParts(): readonly string[] {
  const entries = Object.entries(metafile.outputs).flatMap(([file, { entryPoint }]) =>
    entryPoint === undefined ? [] : [{ file, source: entryPoint.replace('build/src/', '') }],
  );
  const isShortLived = (source: string): boolean => /^app\/(?:commands|demo|management)\//.test(source);
  const lasting = entries.filter(({ source }) => source === 'app/commands/start.js' || !isShortLived(source));
  const reader = entries.filter(({ source }) => source === 'config/load.js').flatMap(({ file }) => withImports(file));
  const kept = new Set(
    lasting.filter(({ source }) => source !== 'config/load.js').flatMap(({ file }) => withImports(file)),
  );
  return reader.filter((file) => !kept.has(file)).map((file) => names.get(basename(file)) ?? '');
}

/** A file that esbuild wrote, and those that it imports at once. */
function withImports(first: string): readonly string[] {
  const found = new Set([first]);
  for (const file of found) {
    for (const { path, kind, external } of metafile.outputs[file]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) found.add(path);
    }
  }
  return [...found];
}

function partTable(): PartTable {
  const rows = parts.map(({ name, packed, textLength }, index) => {
    const offset = parts.slice(0, index).reduce((sum, { packed: before }) => sum + before.length, 0);
    return [name, [offset, packed.length, textLength]] as const;
  });
  return Object.fromEntries(rows);
}

/** For each file that esbuild wrote the name of its part, as stack traces tell it: its largest source. */
function partNames(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const taken = new Set<string>();
  for (const [file, { inputs, entryPoint }] of Object.entries(metafile.outputs)) {
    const sources = Object.entries(inputs).sort(([, one], [, other]) => other.bytesInOutput - one.bytesInOutput);
    const source = entryPoint ?? sources[0]?.[0] ?? 'common';
    const plain = source.replace(/^build\/(?:src\/)?|^node_modules\//, '').replace(/\.m?js$/, '');
    let name = plain === 'app/main' ? 'main' : plain;
    for (let count = 2; taken.has(name); count++) name = `${plain}-${count}`;
    taken.add(name);
    found.set(basename(file), name);
  }
  return found;
}
