// DoctorStep: what came of one step of an
// examination. The API, the pages and the
// command line show the same.

/** What came of one step. */
export interface DoctorStep {
  readonly name: 'clock' | 'dns' | 'tcp' | 'tls' | 'connect' | 'limits' | 'subscribe' | 'publish' | 'echo';
  readonly state: 'ok' | 'warning' | 'failed';
  /** How long it took, in ms. */
  readonly ms: number;
  /** What was found. */
  readonly detail: string;
  /** What can be done about it; empty where nothing has to be. */
  readonly remedy: string;
}

/** What a step finds: all is well, unless it says otherwise. */
export type DoctorFinding = Pick<DoctorStep, 'detail'> & Partial<Pick<DoctorStep, 'state' | 'remedy'>>;
