// `viaduct bridge queue` and `dead-letters`: the messages of a bridge of a running Viaduct, over its API: what waits,
// and what could not be delivered. Looking changes nothing.
// Bounded: a page a request; what to look at is told as KEY=VALUE.
import { UsageError } from '../../base/errors.ts';
import type {
  DeadLetterChange,
  DeadLetterReply,
  DeadLettersReply,
  DeadLetterView,
  MessageDetails,
  QueuedMessage,
  QueuedMessageReply,
  QueueReply,
} from '../../http/api-delivery-types.ts';
import { type ApiClient, pathWord } from './api-client.ts';

/** The verbs of `viaduct bridge` that are about messages. */
export const messageVerbs: readonly string[] = ['queue', 'dead-letters'];

/** Their lines of the help. */
export const messagesHelp = `       viaduct bridge queue NAME [from=1] [limit=50] [topic=PART]  what waits, oldest first
       viaduct bridge queue NAME show|drop|set-aside SEQUENCE
       viaduct bridge dead-letters NAME [page=1] [limit=50] [reason=] [topic=PART]
       viaduct bridge dead-letters NAME show ID
       viaduct bridge dead-letters NAME topic ID TOPIC            another topic for the remote
       viaduct bridge dead-letters NAME requeue|drop ID...|all`;

/** Where the answers come from, and where they go. */
export interface MessageTerms {
  readonly api: ApiClient;
  /** `/bridges/NAME` */
  readonly path: string;
  readonly tell: (reply: unknown, lines: readonly string[]) => void;
}

/** Does what a verb and its words say. */
export async function bridgeMessages(verb: string, words: readonly string[], terms: MessageTerms): Promise<void> {
  const [action = ''] = words;
  const isList = action === '' || action.includes('=');
  if (verb === 'queue') return isList ? listQueue(words, terms) : actOnQueued(words, terms);
  return isList ? listLetters(words, terms) : actOnLetters(words, terms);
}

async function listQueue(words: readonly string[], { api, path, tell }: MessageTerms): Promise<void> {
  const reply = await api.ask<QueueReply>('GET', `${path}/queue${queryOf(words, ['from', 'limit', 'topic'])}`);
  const { messages, next, depth, bytes } = reply;
  const more = next === undefined ? [] : [`more with from=${next}`];
  tell(reply, [`${depth} messages wait, ${bytes} bytes`, ...messages.map(queuedLine), ...more]);
}

async function actOnQueued(words: readonly string[], { api, path, tell }: MessageTerms): Promise<void> {
  const [action, sequence] = words;
  const place = `${path}/queue/${pathWord(sequence, 'the sequence of a message')}`;
  if (action === 'show') {
    const one = await api.ask<QueuedMessageReply>('GET', place);
    tell(one, [queuedLine(one), ...detailLines(one)]);
  } else if (action === 'drop') await api.ask('DELETE', place);
  else if (action === 'set-aside') {
    const reply = await api.ask<{ readonly id: number }>('POST', `${place}/set-aside`);
    tell(reply, [`dead letter ${reply.id}`]);
  } else throw new UsageError('FLAG', `${action}: expected show, drop or set-aside`);
}

async function listLetters(words: readonly string[], { api, path, tell }: MessageTerms): Promise<void> {
  const query = queryOf(words, ['page', 'limit', 'reason', 'topic']);
  const reply = await api.ask<DeadLettersReply>('GET', `${path}/dead-letters${query}`);
  tell(reply, [`${reply.total} dead letters`, ...reply.items.map(letterLine)]);
}

async function actOnLetters(words: readonly string[], { api, path, tell }: MessageTerms): Promise<void> {
  const [action, ...ids] = words;
  const letters = `${path}/dead-letters`;
  if (action === 'show' || action === 'topic') {
    const [id, topic] = ids;
    const place = `${letters}/${pathWord(id, 'the number of a dead letter')}`;
    if (action === 'topic' && topic === undefined) throw new UsageError('FLAG', 'the new topic is needed');
    const one =
      action === 'show'
        ? await api.ask<DeadLetterReply>('GET', place)
        : await api.ask<DeadLetterReply>('PATCH', place, { topic });
    tell(one, [letterLine(one), ...detailLines(one)]);
  } else if (action === 'requeue' || action === 'drop') {
    const reply = await api.ask<DeadLetterChange>('POST', `${letters}/${action}`, choiceOf(ids));
    tell(reply, [`${reply.done} done, ${reply.left} left`]);
  } else throw new UsageError('FLAG', `${action}: expected show, topic, requeue or drop`);
}

function choiceOf(ids: readonly string[]): { readonly ids?: readonly number[] } {
  if (ids.length === 1 && ids[0] === 'all') return {};
  if (ids.length === 0) throw new UsageError('FLAG', 'numbers of dead letters are needed, or all');
  const wrong = ids.find((id) => !/^\d{1,15}$/.test(id));
  if (wrong !== undefined) throw new UsageError('FLAG', `${wrong}: expected the number of a dead letter`);
  return { ids: ids.map(Number) };
}

function queryOf(words: readonly string[], known: readonly string[]): string {
  const query = new URLSearchParams();
  for (const word of words) {
    const at = word.indexOf('=');
    const key = word.slice(0, at);
    if (at <= 0 || !known.includes(key)) throw new UsageError('FLAG', `${word}: expected one of ${known.join('=, ')}=`);
    query.set(key, word.slice(at + 1));
  }
  return words.length === 0 ? '' : `?${query.toString()}`;
}

function queuedLine({ sequence, topic, qos, size, ageMs, rule, isUnderway }: QueuedMessage): string {
  const age = `${Math.round(ageMs / 1000)}s`;
  const place = String(sequence).padStart(8);
  return `${place}  qos ${qos}  ${size} B  ${age}  ${topic}  by ${rule}${isUnderway ? '  underway' : ''}`;
}

function letterLine({ id, at, reason, topic, qos, size, rule, originalTopic }: DeadLetterView): string {
  const from = originalTopic === undefined || originalTopic === topic ? '' : `  from ${originalTopic}`;
  const when = new Date(at).toISOString();
  return `${String(id).padStart(6)}  ${when}  ${reason}  qos ${qos}  ${size} B  ${topic}${from}  by ${rule}`;
}

function detailLines({ payload, contentType, responseTopic, userProperties = [] }: MessageDetails): readonly string[] {
  return [
    ...(contentType === undefined ? [] : [`content type    ${contentType}`]),
    ...(responseTopic === undefined ? [] : [`response topic  ${responseTopic}`]),
    ...userProperties.map(([name, value]) => `user property   ${name} = ${value}`),
    `payload (${payload.encoding}${payload.isCut ? ', cut' : ''})`,
    payload.data,
  ];
}
