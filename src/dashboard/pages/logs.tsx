// Logs: what the server says of itself: by level and word, followed while it is written,
// back into the past as far as the server remembers, and to take home as a file. Bounded:
// `linesMax` lines are kept.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { LogLine, LogsReply } from '../../http/api-types.ts';
import { endpoint } from '../api.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { PageHead } from '../parts/card.tsx';
import { Search, Switch } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, Loaded, useLoad } from '../parts/loaded.tsx';
import { Choice } from '../parts/tabs.tsx';

const limit = 300;
const linesMax = 2000;
const levels = ['debug', 'info', 'warn', 'error'] as const;

/** The page. */
export function Logs(): JSX.Element {
  const app = useApp();
  const t = useText();
  const level = useSignal<LogLine['level']>('info');
  const filter = useSignal('');
  const isFollowing = useSignal(true);
  const news = useSignal<readonly LogLine[]>([]);
  const load = useLoad(
    () => app.api.get<LogsReply>('/logs', { level: level.value, text: filter.value, limit }),
    `${level.value} ${filter.value}`,
  );
  useEffect(() => {
    news.value = [];
    if (!isFollowing.value) return;
    const source = new EventSource(endpoint('/live', { kinds: 'log' }));
    source.addEventListener('log', ({ data }: MessageEvent<string>) => {
      // the server holds its events to LogLine
      const line = JSON.parse(data) as LogLine;
      const isWanted = levels.indexOf(line.level) >= levels.indexOf(level.value);
      if (isWanted && textOf(line).toLowerCase().includes(filter.value.toLowerCase())) {
        news.value = [...news.value, line].slice(-linesMax);
      }
    });
    return () => source.close();
  }, [isFollowing.value, level.value, filter.value, news]);
  return (
    <>
      <PageHead title={t.places.logs} about={t.logs.about}>
        <a
          class="button"
          href={endpoint('/logs/download', { level: level.value, text: filter.value })}
          download="viaduct.log"
        >
          <Icon name="download" />
          {t.logs.download}
        </a>
      </PageHead>
      <section class="card">
        <header class="log-head">
          <Choice
            label={t.logs.level}
            chosen={level.value}
            choices={levels.map((one) => [one, t.logs.levels[one]] as const)}
            onChoose={(name) => {
              level.value = name;
            }}
          />
          <div class="row grow end">
            <Switch
              label={t.logs.follow}
              isOn={isFollowing.value}
              onSwitch={(isOn) => {
                isFollowing.value = isOn;
              }}
            />
            <Search
              label={t.logs.search}
              value={filter.value}
              onInput={(value) => {
                filter.value = value;
              }}
            />
          </div>
        </header>
        <Loaded of={load}>
          {(reply) => (
            <Lines
              reply={reply}
              news={news.value}
              isFollowing={isFollowing.value}
              before={level.value}
              text={filter.value}
            />
          )}
        </Loaded>
      </section>
    </>
  );
}

const tones = { debug: '', info: 'info', warn: 'warn', error: 'bad' } as const;

function Lines(props: {
  readonly reply: LogsReply;
  readonly news: readonly LogLine[];
  readonly isFollowing: boolean;
  readonly before: LogLine['level'];
  readonly text: string;
}): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const past = useSignal<readonly LogLine[]>([]);
  const frame = useRef<HTMLDivElement>(null);
  const known = [...past.value, ...props.reply.lines];
  const last = known.at(-1)?.id ?? -1;
  const lines = [...known, ...props.news.filter(({ id }) => id > last)].slice(-linesMax);
  const newest = lines.at(-1)?.id;
  // the newest line stays in sight while one follows
  useEffect(() => {
    const element = frame.current;
    if (props.isFollowing && element !== null) element.scrollTop = element.scrollHeight;
  }, [newest, props.isFollowing]);
  const older = (): void => {
    const query = { level: props.before, text: props.text, before: lines[0]?.id, limit };
    void app.attempt(async () => {
      const reply = await app.api.get<LogsReply>('/logs', query);
      past.value = [...reply.lines, ...past.value].slice(-linesMax);
    }, t.logs.olderRead);
  };
  if (lines.length === 0) return <Empty icon="log" title={t.logs.none} text={t.logs.noneText} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div class="log" ref={frame} tabIndex={0} role="log" aria-label={t.places.logs} aria-live="off">
      <p class="older">
        <button type="button" class="button slim" onClick={older}>
          {t.logs.older}
        </button>
      </p>
      {lines.map((line) => (
        <div key={line.id} class={tones[line.level]}>
          <time dateTime={new Date(line.at).toISOString()} title={format.moment(line.at)}>
            {format.clock(line.at)}
          </time>
          <b>{t.logs.levels[line.level]}</b>
          <span>
            {line.message} <span class="muted">{fieldsOf(line)}</span>
          </span>
        </div>
      ))}
    </div>
  );
}

/** The fields of a line as `key=value`. */
function fieldsOf({ fields }: LogLine): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

function textOf(line: LogLine): string {
  return `${line.message} ${fieldsOf(line)}`;
}
