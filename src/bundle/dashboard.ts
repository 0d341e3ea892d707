// `npm run dashboard`: the pages of src/dashboard as hashed static files inside one generated module,
// build/dashboard-site.js, which the HTTP server imports as `#dashboard-site`. What did not change since the last build
// is taken from a cache under node_modules. Bounded: a shell over `shellBytesMax` or a site over `siteBytesMax`, both
// gzipped, stops the build.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { build, version } from 'esbuild';
import type { SiteFile } from './dashboard-site.d.ts';
import { licencesOf, packagesOf } from './licences.ts';

/** The page, its style and the scripts it loads at once. */
const shellBytesMax = 61_440;
/** With all that is loaded when it is wanted, a language of its own among it. */
const siteBytesMax = 135_168;

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
};

const root = process.cwd();
const source = join(root, 'src/dashboard');
const target = join(root, 'build/dashboard-site.js');
const cacheFolder = join(root, 'node_modules/.cache/viaduct-dashboard');

const hashOf = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('base64url').slice(0, 12);

/** What the build is made from: every file of the pages, the packages' versions, and this program. */
async function fingerprint(): Promise<string> {
  const names = (await readdir(source, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  const inputs = [...names, join(root, 'package-lock.json'), import.meta.filename];
  const digest = createHash('sha256').update(version);
  for (const name of inputs) digest.update(`\n${relative(root, name)}\n`).update(await readFile(name));
  return digest.digest('hex');
}

/** A file of the site, and its size over the wire. */
function siteFile(name: string, content: Uint8Array): { readonly file: SiteFile; readonly bytes: number } {
  const zipped = gzipSync(content, { level: 9 });
  const extension = name === '/' ? 'html' : name.slice(name.lastIndexOf('.') + 1);
  const file = {
    type: types[extension] ?? 'application/octet-stream',
    etag: `"${hashOf(content)}"`,
    isImmutable: name !== '/',
    body: zipped.toString('base64'),
  };
  return { file, bytes: zipped.length };
}

/** The module's text, and what is to be said about it. Throws if a bound is passed. */
async function madeSite(): Promise<string> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(source, 'main.tsx')],
    outdir: join(root, 'build/dashboard'),
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    entryNames: 'assets/[name]-[hash]',
    chunkNames: 'assets/[name]-[hash]',
    legalComments: 'none',
    absWorkingDir: root,
    tsconfig: join(source, 'tsconfig.json'),
  });
  const assets = new Map(
    outputFiles.map(({ path, contents }) => [`/${relative(join(root, 'build/dashboard'), path)}`, contents]),
  );
  const main = [...assets.keys()].find((name) => /\/main-[^/]*\.js$/.test(name)) ?? '';
  const sheet = [...assets.keys()].find((name) => /\/main-[^/]*\.css$/.test(name)) ?? '';
  const atOnce = chunksOf(metafile.outputs, `build/dashboard${main}`).map((name) =>
    name.replace('build/dashboard', ''),
  );
  const icon = await readFile(join(source, 'icon.svg'));
  const iconName = `/assets/icon-${hashOf(icon)}.svg`;
  const page = (await readFile(join(source, 'index.html'), 'utf8'))
    .replace('/main.js', main)
    .replace('/main.css', sheet)
    .replace('/icon.svg', iconName)
    .replace('</head>', `${atOnce.map((name) => `<link rel="modulepreload" href="${name}">`).join('')}</head>`);
  const packages = packagesOf(Object.keys(metafile.inputs));
  const licences = await licencesOf(packages, root);
  const all: readonly (readonly [string, Uint8Array])[] = [
    ['/', Buffer.from(page)],
    ...assets,
    [iconName, icon],
    [`/assets/licences-${hashOf(licences)}.txt`, Buffer.from(licences)],
  ];
  const files: Record<string, SiteFile> = {};
  const shell = new Set(['/', main, sheet, iconName, ...atOnce]);
  let [shellBytes, siteBytes] = [0, 0];
  for (const [name, content] of all) {
    const { file, bytes } = siteFile(name, content);
    files[name] = file;
    siteBytes += bytes;
    if (shell.has(name)) shellBytes += bytes;
  }
  process.stdout.write(`dashboard: ${kib(shellBytes)} shell, ${kib(siteBytes)} in ${all.length} files, gzipped\n`);
  if (shellBytes > shellBytesMax) throw new Error(`the shell has ${shellBytes} bytes, at most ${shellBytesMax}`);
  if (siteBytes > siteBytesMax) throw new Error(`the dashboard has ${siteBytes} bytes, at most ${siteBytesMax}`);
  const head = '// Generated by `npm run dashboard`.\n';
  const told = `export const sitePackages = ${JSON.stringify(packages)};\n`;
  return `${head}${told}export const siteFiles = ${JSON.stringify(files, undefined, 1)};\n`;
}

/** The chunks that a script imports without waiting, directly or by way of others. */
function chunksOf(
  outputs: Readonly<Record<string, { readonly imports: readonly { readonly path: string; readonly kind: string }[] }>>,
  start: string,
): readonly string[] {
  const found = new Set<string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const { path, kind } of outputs[name]?.imports ?? []) {
      if (kind !== 'import-statement' || found.has(path)) continue;
      found.add(path);
      open.push(path);
    }
  }
  return [...found];
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

const cached = join(cacheFolder, `${await fingerprint()}.js`);
const kept = await readFile(cached, 'utf8').catch(() => undefined);
const text = kept ?? (await madeSite());
if (kept === undefined) {
  await mkdir(cacheFolder, { recursive: true });
  await writeFile(cached, text);
}
await mkdir(dirname(target), { recursive: true });
await writeFile(target, text);
