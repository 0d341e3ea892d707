// Findings: each code has a configuration that earns it, with the place, the words and what to do; and stands in the
// README. Shown are the findings of that code alone.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { findingCodes } from '../../../src/config/finding.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { NodeDisk } from '../../../src/ports/node-disk.ts';
import { fixturePath, fixtureText } from '../../kit/fixtures.ts';

for (const code of findingCodes) {
  t.test(`${code} is found, with file, line and remedy`, async (t) => {
    const path = fixturePath(`config/findings/${code}.conf`);
    const { notes } = await loadConfig({ path, disk: new NodeDisk(), environment: {}, hostname: 'h' });
    const found = notes.filter((note) => note.code === code);
    const lines = found.map(({ line, path: key, text }) => `${line} ${key}: ${text}\n`);
    t.equal(lines.join(''), fixtureText(`config/findings/${code}.expected`));
  });
}

t.test('every code stands in the reference of the README', async (t) => {
  const readme = readFileSync('README.md', 'utf8');
  t.same(
    findingCodes.filter((code) => !readme.includes(`| \`${code}\` |`)),
    [],
  );
});
