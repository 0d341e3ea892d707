// `npm run features`: puts the table of features (fixtures/features.json) into README.md. Nothing
// is written while one of them names a test that is not there.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { featureFaults, readFeatures, withFeatures } from './kit/feature-table.ts';

const features = readFeatures();
const faults = featureFaults(features);
for (const fault of faults) console.error(fault);
if (faults.length === 0) writeFileSync('README.md', withFeatures(readFileSync('README.md', 'utf8'), features));
process.exitCode = faults.length === 0 ? 0 : 1;
