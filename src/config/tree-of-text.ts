// TreeOfText: a configuration that comes as a text from
// outside, as a plain tree. It may not read files and sees
// nothing of the environment.
import { ConfigError } from '../base/errors.ts';
import { plainOf } from './config-tree.ts';
import { evaluateHocon } from './hocon-evaluate.ts';
import { parseHocon } from './hocon-parser.ts';

/** The tree; `name` stands for the file in faults. Throws ConfigError. */
export function treeOfText(name: string, text: string): unknown {
  const at = { file: name, line: 1, column: 1 };
  const refuse = (): never => {
    const fault = { ...at, path: '', value: 'include', expected: 'a text that includes no files' };
    throw new ConfigError('INVALID', [fault]);
  };
  return plainOf(evaluateHocon(parseHocon(name, text), at, refuse, {}));
}
