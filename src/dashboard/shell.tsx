// Shell: what stands around every page: the places to go, where one is, whether the feed
// runs, and who one is. On small screens the places come out of the side when they are
// wanted.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type App, useApp, useText } from './app.ts';
import { Icon, Sign } from './parts/icon.tsx';
import { Preferences } from './parts/preferences.tsx';
import { UnconfirmedBar } from './parts/unconfirmed.tsx';
import { placeOf, places } from './places.tsx';
import { addressOf } from './route.ts';

/** The pages. */
export function Shell(): JSX.Element {
  const app = useApp();
  const t = useText();
  const isOpen = useSignal(false);
  const main = useRef<HTMLElement>(null);
  const { path } = app.route.value;
  const place = placeOf(path[0]);
  const key = path.join('/');
  const title = [path[1], t.places[place.name], 'Viaduct'].filter((part) => part !== undefined).join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
  // another page begins at its top
  useEffect(() => {
    isOpen.value = false;
    scrollTo({ top: 0 });
  }, [isOpen, key]);
  const Page = place.page;
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {t.common.skip}
      </button>
      <div class="shell">
        <Side chosen={place.name} isOpen={isOpen.value} />
        <button
          type="button"
          class="scrim"
          aria-label={t.common.close}
          tabIndex={isOpen.value ? 0 : -1}
          onClick={() => {
            isOpen.value = false;
          }}
        />
        <div class="page">
          <header class="bar">
            <button
              type="button"
              class="button plain icon menu"
              aria-label={t.common.menu}
              aria-expanded={isOpen.value}
              aria-controls="side"
              onClick={() => {
                isOpen.value = !isOpen.value;
              }}
            >
              <Icon name="menu" />
            </button>
            <nav class="crumbs" aria-label={t.common.here}>
              {path[1] === undefined ? (
                <span aria-current="page">{t.places[place.name]}</span>
              ) : (
                <>
                  <a href={addressOf([place.name])}>{t.places[place.name]}</a>
                  <span aria-hidden="true">/</span>
                  <span aria-current="page">{path[1]}</span>
                </>
              )}
            </nav>
            <span class="spacer" />
            <FeedState />
          </header>
          <main id="main" ref={main} tabIndex={-1}>
            <UnconfirmedBar />
            <Page key={key} />
          </main>
        </div>
      </div>
    </>
  );
}

function Side(props: { readonly chosen: string; readonly isOpen: boolean }): JSX.Element {
  const app = useApp();
  const t = useText();
  const session = app.session.value;
  const groups = ['watch', 'messages', 'manage'] as const;
  return (
    <nav id="side" class={props.isOpen ? 'side open' : 'side'} aria-label={t.common.places}>
      <a class="brand" href="#/">
        <Sign />
        Viaduct
      </a>
      {groups.map((group) => (
        <div key={group}>
          <h2>{t.groups[group]}</h2>
          <ul>
            {places
              .filter((place) => place.group === group && app.may(place.role))
              .map(({ name, icon }) => (
                <li key={name}>
                  <a
                    class="item"
                    href={addressOf(name === 'overview' ? [] : [name])}
                    aria-current={name === props.chosen ? 'page' : undefined}
                  >
                    <Icon name={icon} />
                    {t.places[name]}
                  </a>
                </li>
              ))}
          </ul>
        </div>
      ))}
      <div class="foot stack tight">
        <div class="row tight">
          <Preferences />
        </div>
        <div class="row tight apart">
          <span class="small wrap">
            <strong>{session?.username}</strong>
            <br />
            <span class="muted">{session == null ? '' : t.roles[session.role]}</span>
          </span>
          <button
            type="button"
            class="button plain icon"
            aria-label={t.common.leave}
            title={t.common.leave}
            onClick={() => leave(app)}
          >
            <Icon name="leave" />
          </button>
        </div>
      </div>
    </nav>
  );
}

/** Leaves, whatever the server says to it. */
function leave(app: App): void {
  const done = (): void => app.loggedOut();
  app.api.post('/logout').then(done, done);
}

/** Whether what one sees is live. */
function FeedState(): JSX.Element {
  const app = useApp();
  const t = useText();
  const feed = app.live.state.value;
  if (feed.state === 'waiting') {
    const left = Math.max(0, Math.ceil((feed.retryAt - app.clock.value) / 1000));
    return (
      <span class="live state bad" role="status">
        <span>{t.live.waiting(left)}</span>
      </span>
    );
  }
  const tone = feed.state === 'live' ? 'good' : 'info pulse';
  return (
    <span class={`live state ${tone}`} role="status">
      <span>{feed.state === 'live' ? t.live.live : t.live.connecting}</span>
    </span>
  );
}
