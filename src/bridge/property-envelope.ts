// PropertyEnvelope: a message of MQTT 5.0 with its properties in one JSON payload, for remotes of 3.x, which have no
// properties:
//
//   { "mqtt5": 1, "encoding": "text" | "base64", "payload": "...", "properties": { "content_type": "...",
//     "payload_format_indicator": 1, "message_expiry_interval": 60, "response_topic": "...",
//     "correlation_data": "base64", "user_property": [ ["name", "value"] ] } }
//
// The payload is text where its format indicator says that it is, unless its escapes are too many, else base64. What a
// message does not have is left out; the expiry interval is what is left of it when it is sent. What is no envelope is
// never guessed at. Bounded: what is too large to be opened again is not written.
import { topicNameFault, topicTextFault } from '../../protocol/topic/topic-name.ts';
import {
  type Bytes,
  base64OfBytes,
  bytesOfBase64,
  bytesOfText,
  isUtf8Range,
  textOfBytes,
} from '../../protocol/wire/bytes.ts';
import type { Properties, UserProperty } from '../../protocol/wire/properties.ts';

/** The largest payload that is put into an envelope, in bytes. */
export const envelopeBytesMax: number = 1024 * 1024;
/** The largest envelope that is written, and that is opened, in bytes: the payload in base64, and properties. */
const wholeBytesMax = 2 * envelopeBytesMax;

/** What is in an envelope. */
export interface Enveloped {
  readonly payload: Bytes;
  readonly properties: Properties;
}

/** The envelope of a message; undefined for one that is too large for that, with its properties. */
export function envelopeOf({ payload, properties }: Enveloped): Bytes | undefined {
  if (payload.length > envelopeBytesMax) return undefined;
  const isText = properties.payloadFormatIndicator === 1 && isUtf8Range(payload, 0, payload.length);
  const asText = isText ? writtenAs('text', textOfBytes(payload), properties) : undefined;
  return asText ?? writtenAs('base64', base64OfBytes(payload), properties);
}

/** Undefined where nobody would open it. */
function writtenAs(encoding: 'text' | 'base64', payload: string, properties: Properties): Bytes | undefined {
  const { correlationData } = properties;
  const bytes = bytesOfText(
    JSON.stringify({
      mqtt5: 1,
      encoding,
      payload,
      properties: {
        payload_format_indicator: properties.payloadFormatIndicator,
        message_expiry_interval: properties.messageExpiryInterval,
        content_type: properties.contentType,
        response_topic: properties.responseTopic,
        correlation_data: correlationData && base64OfBytes(correlationData),
        user_property: properties.userProperties,
      },
    }),
  );
  return bytes.length > wholeBytesMax ? undefined : bytes;
}

/** What is in a payload; `plain` if it does not look like an envelope, `bad` if it does and cannot be opened. */
export function openEnvelope(payload: Bytes): Enveloped | 'plain' | 'bad' {
  const isSmall = payload.length <= wholeBytesMax && isUtf8Range(payload, 0, payload.length);
  const text = isSmall ? textOfBytes(payload) : '';
  if (!looksLikeEnvelope(text)) return 'plain';
  try {
    return enveloped(JSON.parse(text)) ?? 'bad';
  } catch {
    // no JSON after all: it is counted, and goes on as it is
    return 'bad';
  }
}

function looksLikeEnvelope(text: string): boolean {
  return /^\s*\{/.test(text) && /"mqtt5"\s*:/.test(text);
}

function enveloped(found: unknown): Enveloped | undefined {
  if (!isObject(found) || found.mqtt5 !== 1) return undefined;
  const { payload: text, encoding, properties: written = {} } = found;
  if (typeof text !== 'string' || !isObject(written)) return undefined;
  const payload = encoding === 'text' ? bytesOfText(text) : encoding === 'base64' ? bytesOfBase64(text) : undefined;
  const properties = propertiesOf(written);
  return payload === undefined || properties === undefined ? undefined : { payload, properties };
}

/** Undefined where one of them is none. */
function propertiesOf(written: Readonly<Record<string, unknown>>): Properties | undefined {
  const indicator = written.payload_format_indicator;
  const expiry = written.message_expiry_interval;
  const contentType = written.content_type;
  const responseTopic = written.response_topic;
  const correlation = written.correlation_data;
  const users = written.user_property;
  const data = typeof correlation === 'string' ? bytesOfBase64(correlation) : undefined;
  const isRight =
    (indicator === undefined || indicator === 0 || indicator === 1) &&
    (expiry === undefined || isSeconds(expiry)) &&
    (contentType === undefined || isText(contentType)) &&
    (responseTopic === undefined || (isText(responseTopic) && topicNameFault(responseTopic) === undefined)) &&
    (correlation === undefined || (data !== undefined && data.length <= 65_535)) &&
    (users === undefined || isUserProperties(users));
  if (!isRight) return undefined;
  return {
    ...(indicator === undefined ? {} : { payloadFormatIndicator: indicator }),
    ...(expiry === undefined ? {} : { messageExpiryInterval: expiry }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(data === undefined ? {} : { correlationData: data }),
    ...(users === undefined ? {} : { userProperties: users }),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && (value === '' || topicTextFault(value) === undefined);
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
}

function isUserProperties(value: unknown): value is readonly UserProperty[] {
  return Array.isArray(value) && value.every((one) => Array.isArray(one) && one.length === 2 && one.every(isText));
}
