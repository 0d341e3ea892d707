// Finding: something odd that a configuration says, which stops nothing. The analysis finds it, the loader gives it its
// file and line, `viaduct check`, the log, the API and the pages tell it. Its code is a contract: it never changes its
// meaning, and stands in the README's reference.

/** What findings are about. */
export const findingCodes = [
  'rule-unreachable',
  'rules-overlap',
  'message-doubled',
  'exclude-unused',
  'inverse-missing',
  'inverse-ambiguous',
  'loop',
  'loop-in-ring',
  'qos-raised',
  'remote-limit',
  'client-id-shared',
  'client-id-default',
  'lanes-unused',
  'transparent-unbounded',
  'transparent-hidden',
  'replay-too-large',
  'refusals-unheard',
  'dead-letters-off',
  'changes-hidden',
  'rate-unreached',
  'budget-unguarded',
  'inbound-delayed',
  'not-verified',
  'any-authority',
  'nowhere-to-store',
  'variable-unset',
  'other-meaning',
  'without-effect',
] as const;

/** What a finding is about. */
export type FindingCode = (typeof findingCodes)[number];

/** Something that deserves a word, at a key of the configuration. */
export interface Finding {
  readonly code: FindingCode;
  /** Keys from the root, joined by dots. */
  readonly path: string;
  /** What it is, and what to do about it. */
  readonly text: string;
}
