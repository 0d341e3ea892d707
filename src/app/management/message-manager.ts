// MessageManager: messages as the API handles them: published for somebody at a page, kept ones looked at and removed,
// and tapped: a page subscribes like a device, but takes what comes at once or not at all.
// Bounded: `tapsMax` taps; a page of retained messages walks the store and copies nothing but that page.
import { topicFilterFault } from '../../../protocol/topic/topic-filter.ts';
import { topicNameFault } from '../../../protocol/topic/topic-name.ts';
import { bytesOf, bytesOfText } from '../../../protocol/wire/bytes.ts';
import { decodePublishProperties, encodePublishProperties } from '../../../protocol/wire/property-block.ts';
import type { Qos } from '../../../protocol/wire/protocol-version.ts';
import { reasonName } from '../../../protocol/wire/reason-code.ts';
import type { Broker } from '../../broker/broker.ts';
import type { PublishReply, PublishRequest, RetainedView, TapMessage } from '../../http/api-broker-types.ts';
import { HttpRefusal } from '../../http/http-refusal.ts';
import type { MessageManagement } from '../../http/management.ts';
import { payloadView } from '../../http/payload-view.ts';
import { Message } from '../../message/message.ts';
import { Origin } from '../../message/origin.ts';
import type { Clock } from '../../ports/ports.ts';
import type { Destination } from '../../router/destination.ts';
import type { Router } from '../../router/router.ts';

const tapsMax = 50;
/** Retained messages that a tap begins with, at most. */
const tapRetainedMax = 1000;

/** What messages are handled with. */
export interface MessageParts {
  readonly broker: Broker;
  readonly router: Router;
  readonly clock: Clock;
}

/** Handles messages. */
export class MessageManager implements MessageManagement {
  readonly #parts: MessageParts;
  readonly #origin = new Origin('application', 'api');
  #taps = 0;

  constructor(parts: MessageParts) {
    this.#parts = parts;
  }

  /** See `MessageManagement`. */
  async publish(request: PublishRequest): Promise<PublishReply> {
    const { topic, payload = '', encoding = 'text', qos = 0, retain = false, expiryS, clientId } = request;
    const fault = topicNameFault(topic) ?? (topic.startsWith('$SYS/') ? 'is of the broker alone' : undefined);
    if (fault !== undefined) throw new HttpRefusal('BAD_REQUEST', `the topic ${fault}`, 'topic');
    const { contentType, responseTopic, correlationData, isPayloadText, userProperties } = request;
    const properties = encodePublishProperties({
      ...(expiryS === undefined ? {} : { messageExpiryInterval: expiryS }),
      ...(contentType === undefined ? {} : { contentType }),
      ...(responseTopic === undefined ? {} : { responseTopic }),
      ...(correlationData === undefined ? {} : { correlationData: bytesOfText(correlationData) }),
      ...(isPayloadText === true ? { payloadFormatIndicator: 1 } : {}),
      ...(userProperties === undefined ? {} : { userProperties }),
    });
    const { broker, clock } = this.#parts;
    const reasonCode = await broker.publish(
      new Message({
        topic,
        payload: encoding === 'base64' ? bytesOf(Buffer.from(payload, 'base64')) : bytesOfText(payload),
        qos,
        retain,
        properties,
        expiresAt: expiryS === undefined ? 0 : clock.now() + expiryS * 1000,
        origin: clientId === undefined ? this.#origin : new Origin('device', clientId),
      }),
    );
    return { topic, reasonCode, reason: reasonName(reasonCode) };
  }

  /** See `MessageManagement`. */
  *retained(filter: string): Generator<RetainedView, void, void> {
    for (const message of this.#kept(filter)) yield this.#viewOf(message, 1024);
  }

  /** See `MessageManagement`. */
  retainedMessage(topic: string): RetainedView | undefined {
    if (topicNameFault(topic) !== undefined) return undefined;
    const [message] = this.#kept(topic);
    return message && this.#viewOf(message, Number.POSITIVE_INFINITY);
  }

  /** See `MessageManagement`. */
  tap(filter: string, qos: Qos): (onMessage: (message: TapMessage) => void) => () => void {
    checkFilter(filter);
    if (this.#taps >= tapsMax) throw new HttpRefusal('UNAVAILABLE', `${tapsMax} taps are open already`);
    return (onMessage) => this.#tap(filter, qos, onMessage);
  }

  #tap(filter: string, qos: Qos, onMessage: (message: TapMessage) => void): () => void {
    const { router, clock } = this.#parts;
    const view = (message: Message, retain: boolean): TapMessage => ({
      at: Math.round(clock.wallMs()),
      topic: message.topic,
      payload: payloadView(message.payload, 65_536),
      size: message.payload.length,
      qos: message.qos,
      retain,
      from: `${message.origin.kind}:${message.origin.name}`,
    });
    const destination: Destination = {
      origin: new Origin('application', 'tap'),
      isReady: true,
      deliver: (message) => onMessage(view(message, false)),
    };
    let left = tapRetainedMax;
    for (const message of this.#kept(filter)) {
      if (left-- === 0) break;
      onMessage(view(message, true));
    }
    this.#taps++;
    router.subscribe(destination, filter, { qos, isNoLocal: false, isRetainAsPublished: false, identifier: 0 });
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#taps--;
      router.unsubscribe(destination, filter);
    };
  }

  *#kept(filter: string): Generator<Message, void, void> {
    checkFilter(filter);
    const replay = this.#parts.router.retained.replay(filter);
    const now = this.#parts.clock.now();
    for (let message = replay.peek(); message !== undefined; message = replay.peek()) {
      const isExpired = message.expiresAt > 0 && message.expiresAt <= now;
      if (!isExpired) yield message;
      replay.taken(isExpired);
    }
  }

  #viewOf(message: Message, bytesMax: number): RetainedView {
    const { clock } = this.#parts;
    const { topic, qos, payload, expiresAt, properties } = message;
    const { contentType, userProperties } = decodePublishProperties(properties);
    return {
      topic,
      qos,
      size: payload.length,
      payload: payloadView(payload, bytesMax),
      ...(expiresAt === 0 ? {} : { expiresAt: Math.round(clock.wallMs() - clock.now() + expiresAt) }),
      ...(contentType === undefined ? {} : { contentType }),
      ...(userProperties === undefined ? {} : { userProperties }),
    };
  }
}

function checkFilter(filter: string): void {
  const isShared = filter.startsWith('$share/');
  const fault = topicFilterFault(filter) ?? (isShared ? 'would take messages from its group' : undefined);
  if (fault !== undefined) throw new HttpRefusal('BAD_REQUEST', `the filter ${fault}`, 'filter');
}
