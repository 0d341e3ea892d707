// Law: the account of messages as a picture: in = delivered + queued + dropped.
// The parts of the bar are what the sum says in numbers, and the sum is checked
// before it is shown.
import type { JSX } from 'preact';
import { useFormat, useText } from '../app.ts';
import { reasonText } from '../bridge-words.ts';
import type { Account } from '../live.ts';

/** The account, as a bar and a sum. */
export function Law({ account }: { readonly account: Account }): JSX.Element {
  const t = useText();
  const format = useFormat();
  const parts = [
    ['delivered', account.delivered],
    ['queued', account.queued],
    ['dropped', account.dropped],
  ] as const;
  const isBalanced = account.received === account.delivered + account.queued + account.dropped;
  return (
    <div class="law">
      <div class="track" aria-hidden="true">
        {parts.map(([name, value]) => (value === 0 ? null : <i key={name} class={name} style={{ flexGrow: value }} />))}
      </div>
      <p class="sum">
        <span>
          <b title={format.exact(account.received)}>{format.count(account.received)}</b> {t.law.in}
        </span>
        {parts.map(([name, value], at) => (
          <span key={name}>
            <span class="op">{at === 0 ? '=' : '+'}</span>
            <i class={name} aria-hidden="true" />
            <b title={format.exact(value)}>{format.count(value)}</b> {t.law[name]}
          </span>
        ))}
        <span class={`tag ${isBalanced ? 'good' : 'bad'}`}>{isBalanced ? t.law.balanced : t.law.unbalanced}</span>
      </p>
      {account.reasons.length === 0 ? null : (
        <p class="row tight small">
          {account.reasons.map(([reason, count]) => (
            <span class="tag" key={reason}>
              {reasonText(t, reason)} {format.count(count)}
            </span>
          ))}
        </p>
      )}
    </div>
  );
}
