// Licences: the texts of the packages in the bundle, which must go with it. A package is known by the folder of its
// files, so that what is bundled by way of another package counts too; one without a licence stops the build.
// Bounded by the packages.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The packages that files come from, by their folders under `node_modules`, sorted. */
export function packagesOf(files: readonly string[]): readonly string[] {
  const names = files.flatMap(
    (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(file)?.[1] ?? [],
  );
  return [...new Set(names)].sort();
}

/** The licences of packages, one text. Throws if one has none. */
export async function licencesOf(packages: readonly string[], root: string): Promise<string> {
  const texts = await Promise.all(packages.map((name) => licenceOf(name, join(root, 'node_modules', name))));
  const head = `Viaduct contains the following packages.\n`;
  return [head, ...texts].join(`\n${'-'.repeat(80)}\n\n`);
}

async function licenceOf(name: string, folder: string): Promise<string> {
  const file = (await readdir(folder)).find((one) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(one));
  if (file === undefined) throw new Error(`the package ${name} has no licence text in ${folder}`);
  const { version }: { readonly version?: unknown } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  return `${name} ${String(version)}\n\n${await readFile(join(folder, file), 'utf8')}`;
}
