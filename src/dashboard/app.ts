// App: what every page can reach: the API, the session, the feed, choices of the reader, the place in
// the pages and the notices. Made once by main.tsx and handed down by context, so no file holds state
// of its own.
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Role, SessionReply } from '../http/api-types.ts';
import { Api, messageOf } from './api.ts';
import { type Format, formatOf } from './format.ts';
import { Live } from './live.ts';
import { addressOf, parseRoute, type Route } from './route.ts';
import { english, type Speech, speechOf } from './speech.ts';
import { en, type Text } from './text/en.ts';
import { after, every, now, remember, remembered } from './world.ts';

/** The languages of the pages. */
export type Language = 'en' | 'zh';

/** What the pages look like; `auto` follows the system. */
export type Theme = 'auto' | 'light' | 'dark';

/** A notice in the corner. */
export interface Toast {
  readonly id: number;
  readonly tone: 'good' | 'bad';
  readonly text: string;
}

const toastMs = 6000;
const toastsMax = 4;

/** The whole of the pages. */
export class App {
  /** Undefined until it is known, null when nobody is logged in. */
  readonly session: Signal<SessionReply | null | undefined> = signal(undefined);
  readonly api: Api = new Api(() => this.loggedOut());
  readonly live: Live = new Live();
  readonly route: Signal<Route>;
  readonly theme: Signal<Theme>;
  readonly language: Signal<Language> = signal('en');
  readonly text: Signal<Text> = signal(en);
  /** Says what the server said. */
  readonly speech: Signal<Speech> = signal(english);
  readonly format: ReadonlySignal<Format> = computed(() => formatOf(this.language.value));
  /** Ticks every second, for texts as `5 seconds ago`. */
  readonly clock: Signal<number> = signal(now());
  readonly toasts: Signal<readonly Toast[]> = signal([]);
  #toastId = 0;

  constructor() {
    this.route = signal(parseRoute(location.hash));
    addEventListener('hashchange', () => {
      this.route.value = parseRoute(location.hash);
    });
    const theme = remembered('theme');
    this.theme = signal(theme === 'light' || theme === 'dark' ? theme : 'auto');
    this.setTheme(this.theme.value);
    const language = remembered('language') ?? navigator.language;
    if (language.startsWith('zh')) void this.setLanguage('zh');
    every(1000, () => {
      this.clock.value = now();
    });
  }

  /** Takes a session that the server told. */
  loggedIn(session: SessionReply): void {
    this.session.value = session;
    remember('session', 'yes');
    if (session.mustChangePassword) return;
    this.live.open();
    this.api.get<Parameters<Live['fill']>[0]>('/metrics/history').then(
      (history) => this.live.fill(history),
      (error: unknown) => this.toast('bad', this.told(error)),
    );
  }

  /** Whether this browser may hold a session: only then it is asked for. */
  get mayHaveSession(): boolean {
    return remembered('session') === 'yes';
  }

  /** Forgets the session. */
  loggedOut(): void {
    this.live.close();
    this.session.value = null;
    remember('session', 'no');
  }

  /** Whether who is logged in may do what needs a role. */
  may(role: Role): boolean {
    const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };
    const own = this.session.value?.role;
    return own !== undefined && ranks[own] >= ranks[role];
  }

  /** Goes to a place. */
  go(path: readonly string[], query?: Readonly<Record<string, string>>): void {
    location.hash = addressOf(path, query);
  }

  /** Chooses light, dark, or what the system says; this browser remembers it. */
  setTheme(theme: Theme): void {
    this.theme.value = theme;
    if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.setAttribute('data-theme', theme);
    remember('theme', theme);
  }

  /** Chooses the language; this browser remembers it. */
  async setLanguage(language: Language): Promise<void> {
    const zh = language === 'zh' ? await Promise.all([import('./text/zh.ts'), import('./text/zh-sentences.ts')]) : [];
    const [texts, said] = zh;
    this.text.value = texts?.zh ?? en;
    this.speech.value = said === undefined ? english : speechOf(said.zhSentences, said.zhJoints);
    this.language.value = language;
    document.documentElement.lang = language;
    remember('language', language);
  }

  /** What to tell people of something thrown, in their language. */
  told(error: unknown): string {
    return this.speech.value(messageOf(error));
  }

  /** Says something in the corner for a while. */
  toast(tone: Toast['tone'], text: string): void {
    const id = ++this.#toastId;
    this.toasts.value = [...this.toasts.value, { id, tone, text }].slice(-toastsMax);
    after(toastMs, () => this.dismiss(id));
  }

  /** Takes a notice away. */
  dismiss(id: number): void {
    this.toasts.value = this.toasts.value.filter((toast) => toast.id !== id);
  }

  /** Does something and says how it went. Resolves to whether it was done. */
  async attempt(action: () => Promise<unknown>, done: string): Promise<boolean> {
    try {
      await action();
    } catch (error) {
      this.toast('bad', this.told(error));
      return false;
    }
    this.toast('good', done);
    return true;
  }
}

/** Hands the app down. */
export const AppContext: ReturnType<typeof createContext<App | undefined>> = createContext<App | undefined>(undefined);

/** The app, in a component. */
export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error('a component stands outside of the app');
  return app;
}

/** The texts in the reader's language. */
export function useText(): Text {
  return useApp().text.value;
}

/** What the server said, in the reader's language. */
export function useSpeech(): Speech {
  return useApp().speech.value;
}

/** The formatters of the reader's language. */
export function useFormat(): Format {
  return useApp().format.value;
}
