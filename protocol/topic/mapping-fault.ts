// MappingFault: why a rule cannot be compiled, or a topic not be mapped. It is a result and no
// exception: rules come from people and topics from devices, and both may be wrong at any time
// without anything being broken here.

/** Why a rule cannot be compiled, or a topic not be mapped. */
export class MappingFault {
  readonly detail: string;

  constructor(detail: string) {
    this.detail = detail;
  }
}
