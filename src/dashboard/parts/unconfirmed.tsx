// Unconfirmed: while a change waits to be confirmed, every page says so, counts down, and offers both
// ways out. Whoever lost the way to this page by the change gets the old configuration back by
// waiting.
import type { JSX } from 'preact';
import { useApp, useText } from '../app.ts';
import { Notice } from './notice.tsx';

/** The bar above the page. */
export function UnconfirmedBar(): JSX.Element | null {
  const app = useApp();
  const t = useText();
  const change = app.live.status.value?.unconfirmed;
  if (change === undefined) return null;
  const left = Math.max(0, Math.ceil((change.until - app.clock.value) / 1000));
  const act = (what: 'confirm' | 'rollback', done: string): void =>
    void app.attempt(() => app.api.post(`/config/${what}`), done);
  return (
    <Notice
      tone="warn"
      tools={
        app.may('admin') ? (
          <div class="row tight">
            <button type="button" class="button slim" onClick={() => act('rollback', t.config.rolledBack)}>
              {t.config.rollBack}
            </button>
            <button type="button" class="button slim primary" onClick={() => act('confirm', t.config.confirmed)}>
              {t.config.confirm}
            </button>
          </div>
        ) : undefined
      }
    >
      {t.config.unconfirmed(left)}
    </Notice>
  );
}
