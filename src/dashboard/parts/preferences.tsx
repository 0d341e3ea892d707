// Preferences: light or dark, and the language: two
// buttons, each leading to the next choice and
// saying which is on.
import type { JSX } from 'preact';
import { type Theme, useApp, useText } from '../app.ts';
import { Icon, type IconName } from './icon.tsx';

const order: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };
const icons: Readonly<Record<Theme, IconName>> = { auto: 'auto', light: 'sun', dark: 'moon' };

/** The buttons. */
export function Preferences(): JSX.Element {
  const app = useApp();
  const t = useText();
  const theme = app.theme.value;
  const other = app.language.value === 'en' ? 'zh' : 'en';
  const label = `${t.common.theme}: ${t.themes[theme]}`;
  return (
    <>
      <button
        type="button"
        class="button plain icon"
        aria-label={label}
        title={label}
        onClick={() => app.setTheme(order[theme])}
      >
        <Icon name={icons[theme]} />
      </button>
      <button type="button" class="button plain" lang={other} onClick={() => void app.setLanguage(other)}>
        <Icon name="language" />
        {other === 'zh' ? '中文' : 'English'}
      </button>
    </>
  );
}
