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
import { bytesText, Colour, counted, momentText, type Screen, spanText, tableLines } from './text-table.ts';

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
  readonly screen: Screen;
}

/** Does what a verb and its words say. */
export async function bridgeMessages(verb: string, words: readonly string[], terms: MessageTerms): Promise<void> {
  const [action = ''] = words;
  const isList = action === '' || action.includes('=');
  if (verb === 'queue') return isList ? listQueue(words, terms) : actOnQueued(words, terms);
  return isList ? listLetters(words, terms) : actOnLetters(words, terms);
}

async function listQueue(words: readonly string[], { api, path, tell, screen }: MessageTerms): Promise<void> {
  const reply = await api.ask<QueueReply>('GET', `${path}/queue${queryOf(words, ['from', 'limit', 'topic'])}`);
  const { messages, next, depth, bytes } = reply;
  const more = next === undefined ? [] : [`more with from=${next}`];
  const table = messages.length === 0 ? [] : ['', ...queueTable(messages, screen)];
  tell(reply, [`${counted(depth, 'message')} wait${depth === 1 ? 's' : ''}, ${bytesText(bytes)}`, ...table, ...more]);
}

async function actOnQueued(words: readonly string[], { api, path, tell, screen }: MessageTerms): Promise<void> {
  const [action, sequence] = words;
  const place = `${path}/queue/${pathWord(sequence, 'the sequence of a message')}`;
  if (action === 'show') {
    const one = await api.ask<QueuedMessageReply>('GET', place);
    tell(one, [...queueTable([one], screen), '', ...detailLines(one)]);
  } else if (action === 'drop') {
    await api.ask('DELETE', place);
    tell(null, [`message ${sequence} is dropped`]);
  } else if (action === 'set-aside') {
    const reply = await api.ask<{ readonly id: number }>('POST', `${place}/set-aside`);
    tell(reply, [`message ${sequence} is dead letter ${reply.id} now`]);
  } else throw new UsageError('FLAG', `${action}: expected show, drop or set-aside`);
}

async function listLetters(words: readonly string[], { api, path, tell, screen }: MessageTerms): Promise<void> {
  const query = queryOf(words, ['page', 'limit', 'reason', 'topic']);
  const reply = await api.ask<DeadLettersReply>('GET', `${path}/dead-letters${query}`);
  const table = reply.items.length === 0 ? [] : ['', ...letterTable(reply.items, screen)];
  tell(reply, [counted(reply.total, 'dead letter'), ...table]);
}

async function actOnLetters(words: readonly string[], { api, path, tell, screen }: MessageTerms): Promise<void> {
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
    tell(one, [...letterTable([one], screen), '', ...detailLines(one)]);
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

function queueTable(messages: readonly QueuedMessage[], screen: Screen): readonly string[] {
  const numbers = ['SEQUENCE', 'QOS', 'SIZE', 'AGE'].map((name) => ({ name, isNumber: true }));
  const rows = messages.map(({ sequence, topic, qos, size, ageMs, rule, isUnderway }) => [
    ...[String(sequence), String(qos), bytesText(size), spanText(ageMs)],
    { text: isUnderway ? 'underway' : '', colour: Colour.yellow },
    topic,
    rule,
  ]);
  return tableLines([...numbers, { name: 'STATE' }, { name: 'TOPIC' }, { name: 'RULE' }], rows, screen);
}

function letterTable(letters: readonly DeadLetterView[], screen: Screen): readonly string[] {
  const rows = letters.map(({ id, at, reason, topic, qos, size, rule, originalTopic }) => [
    String(id),
    momentText(at),
    { text: reason, colour: Colour.red },
    String(qos),
    bytesText(size),
    topic,
    originalTopic === topic ? '' : (originalTopic ?? ''),
    rule,
  ]);
  const sizes = ['QOS', 'SIZE'].map((name) => ({ name, isNumber: true }));
  const words = ['TOPIC', 'FROM', 'RULE'].map((name) => ({ name }));
  const columns = [{ name: 'ID', isNumber: true }, { name: 'TIME' }, { name: 'REASON' }, ...sizes, ...words];
  return tableLines(columns, rows, screen);
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
