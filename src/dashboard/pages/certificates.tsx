// Certificates: every file that the configuration names, what
// uses it, and how long it holds; the one that ends first
// stands first.
import type { JSX } from 'preact';
import type { CertificateView } from '../../http/api-types.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { Ago } from '../parts/ago.tsx';
import { Card, PageHead } from '../parts/card.tsx';
import { Empty, Loaded, useLoad } from '../parts/loaded.tsx';
import { Notice } from '../parts/notice.tsx';
import { Meter } from '../parts/spark.tsx';

const soonMs = 30 * 86_400_000;

/** The page. */
export function Certificates(): JSX.Element {
  const app = useApp();
  const t = useText();
  const load = useLoad(
    () => app.api.get<readonly CertificateView[]>('/certificates'),
    String(app.live.configRevision.value),
  );
  return (
    <>
      <PageHead title={t.places.certificates} about={t.certificates.about} />
      <Loaded
        of={load}
        isEmpty={(all) => all.length === 0}
        empty={
          <Card>
            <Empty icon="certificate" title={t.certificates.none} text={t.certificates.noneText} />
          </Card>
        }
      >
        {(all) => (
          <div class="grid">
            {[...all]
              .sort((one, other) => one.validTo - other.validTo)
              .map((certificate) => (
                <One key={`${certificate.file} ${certificate.fingerprint256}`} certificate={certificate} />
              ))}
          </div>
        )}
      </Loaded>
    </>
  );
}

function One({ certificate }: { readonly certificate: CertificateView }): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const now = app.clock.value;
  const { file, usedBy, subject, issuer, alternativeNames, validFrom, validTo, fingerprint256, error } = certificate;
  const tone = validTo < now ? 'bad' : validTo - now < soonMs ? 'warn' : 'good';
  const said = { bad: t.certificates.over, warn: t.certificates.soon, good: t.certificates.valid }[tone];
  return (
    <Card class="half" title={<span class="wrap">{subject === '' ? file : subject}</span>}>
      <div class="stack">
        {error === undefined ? (
          <div>
            <p class="row tight apart">
              <span class={`state ${tone}`}>{said}</span>
              <Ago at={validTo} />
            </p>
            <Meter share={Math.max(0, (now - validFrom) / Math.max(1, validTo - validFrom))} tone={tone} />
          </div>
        ) : (
          <Notice tone="bad">{app.speech.value(error)}</Notice>
        )}
        <dl class="facts">
          <dt>{t.certificates.usedBy}</dt>
          <dd>{usedBy.map((one) => app.speech.value(one)).join(', ')}</dd>
          <dt>{t.certificates.file}</dt>
          <dd>
            <code>{file}</code>
          </dd>
          {error === undefined ? (
            <>
              <dt>{t.certificates.issuer}</dt>
              <dd>{issuer}</dd>
              <dt>{t.certificates.span}</dt>
              <dd>
                {format.day(validFrom)} – {format.day(validTo)}
              </dd>
              {alternativeNames.length === 0 ? null : (
                <>
                  <dt>{t.certificates.names}</dt>
                  <dd>{alternativeNames.join(', ')}</dd>
                </>
              )}
              <dt>SHA-256</dt>
              <dd>
                <code class="small">{fingerprint256}</code>
              </dd>
            </>
          ) : null}
        </dl>
      </div>
    </Card>
  );
}
