// PayloadFormat: whether a payload is what its sender says. A payload format indicator of 1 declares it to be UTF-8
// text; a broker that is told to look refuses one that is not. Allocates the decoded properties, which is why it is
// only asked where the option is on. A will is judged when its device connects.
import { levelsOf } from '../../protocol/topic/topic-name.ts';
import { type Bytes, isUtf8Range } from '../../protocol/wire/bytes.ts';
import type { Will } from '../../protocol/wire/packets.ts';
import { decodePublishProperties } from '../../protocol/wire/property-block.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { BrokerOptions } from './broker-options.ts';

/** Whether a payload is of the format that the property block of its message declares. */
export function isPayloadOfFormat(payload: Bytes, properties: Bytes): boolean {
  if (properties.length === 0) return true;
  const isText = decodePublishProperties(properties).payloadFormatIndicator === 1;
  return !isText || isUtf8Range(payload, 0, payload.length);
}

/** Why a will could not be published when it is due; undefined if it could. */
export function willFault(will: Will | undefined, options: BrokerOptions): ReasonCode | undefined {
  if (will === undefined) return undefined;
  const { payload, properties, topic } = will;
  if (levelsOf(topic) > options.topicLevelsMax) return ReasonCode.topicNameInvalid;
  const isText = options.isPayloadFormatValidated && properties.payloadFormatIndicator === 1;
  return isText && !isUtf8Range(payload, 0, payload.length) ? ReasonCode.payloadFormatInvalid : undefined;
}
