// AclEditor: the access rules as they stand in the configuration, first match wins, and the question
// "who may what". The rules are edited as text in the form of the API, which the server checks as it
// checks the file.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { AclReply, AclTestReply, AclTestRequest } from '../../http/api-broker-types.ts';
import { ApiError } from '../api.ts';
import { useApp, useText } from '../app.ts';
import { Card } from '../parts/card.tsx';
import { AreaField, ChoiceField, TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Loaded, useLoad } from '../parts/loaded.tsx';

/** Rules and tester. */
export function AclEditor(): JSX.Element {
  const app = useApp();
  const t = useText();
  const load = useLoad(() => app.api.get<AclReply>('/acl'), String(app.live.configRevision.value));
  return (
    <div class="grid">
      <Card class="wide" title={t.acl.title}>
        <p class="muted small">{t.acl.about}</p>
        <Loaded of={load}>{(acl) => <Editor acl={acl} again={load.again} />}</Loaded>
      </Card>
      <Card class="slim" title={t.acl.tester}>
        <Tester />
      </Card>
    </div>
  );
}

function Editor(props: { readonly acl: AclReply; readonly again: () => void }): JSX.Element {
  const app = useApp();
  const t = useText();
  const typed = useSignal(rulesText(props.acl));
  const noMatch = useSignal(props.acl.noMatch);
  const fault = useSignal<string | undefined>(undefined);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const rules: unknown = JSON.parse(typed.value === '' ? '[]' : typed.value);
      await app.api.put('/acl', { rules, noMatch: noMatch.value });
      fault.value = undefined;
      app.toast('good', t.acl.saved);
      props.again();
    } catch (error) {
      const faults = error instanceof ApiError ? error.faults : [];
      const said = faults.map(({ path, expected }) => `${path}: ${app.speech.value(expected)}`);
      fault.value = [app.told(error), ...said].join(' · ');
    }
  };
  return (
    <form class="stack" onSubmit={(event) => void save(event)}>
      <AreaField
        label={t.acl.rules}
        configKey="auth.acl.rules"
        value={typed.value}
        rows={16}
        hint={t.acl.hint}
        fault={fault.value}
        onInput={(value) => {
          typed.value = value;
        }}
      />
      <ChoiceField
        label={t.acl.noMatch}
        configKey="auth.no_match"
        value={noMatch.value}
        choices={[
          ['allow', t.acl.allow],
          ['deny', t.acl.deny],
        ]}
        onInput={(value) => {
          noMatch.value = value === 'deny' ? 'deny' : 'allow';
        }}
      />
      <div>
        <button type="submit" class="button primary">
          {t.common.save}
        </button>
      </div>
    </form>
  );
}

/** The rules, one a line. */
function rulesText({ rules }: AclReply): string {
  if (rules.length === 0) return '[]';
  return `[\n${rules.map((rule) => `  ${JSON.stringify(rule)}`).join(',\n')}\n]`;
}

function Tester(): JSX.Element {
  const app = useApp();
  const t = useText();
  const [clientId, username, topic] = [useSignal(''), useSignal(''), useSignal('')];
  const action = useSignal<'publish' | 'subscribe'>('publish');
  const reply = useSignal<AclTestReply | undefined>(undefined);
  const fault = useSignal<string | undefined>(undefined);
  const test = async (event: Event): Promise<void> => {
    event.preventDefault();
    const request: AclTestRequest = {
      clientId: clientId.value,
      ...(username.value === '' ? {} : { username: username.value }),
      action: action.value,
      topic: topic.value,
    };
    try {
      reply.value = await app.api.post<AclTestReply>('/acl/test', request);
      fault.value = undefined;
    } catch (error) {
      fault.value = app.told(error);
      reply.value = undefined;
    }
  };
  const fields = [
    [t.clients.id, clientId, false],
    [t.login.username, username, false],
    [t.acl.topic, topic, true],
  ] as const;
  return (
    <form class="stack" onSubmit={(event) => void test(event)}>
      <ChoiceField
        label={t.acl.action}
        value={action.value}
        choices={[
          ['publish', t.acl.publish],
          ['subscribe', t.acl.subscribe],
        ]}
        onInput={(value) => {
          action.value = value === 'subscribe' ? 'subscribe' : 'publish';
        }}
      />
      {fields.map(([label, value, isRequired]) => (
        <TextField
          key={label}
          label={label}
          value={value.value}
          isRequired={isRequired}
          fault={isRequired ? fault.value : undefined}
          onInput={(text) => {
            value.value = text;
          }}
        />
      ))}
      <button type="submit" class="button">
        {t.acl.ask}
      </button>
      <div role="status">{reply.value === undefined ? null : <Verdict reply={reply.value} />}</div>
    </form>
  );
}

function Verdict({ reply }: { readonly reply: AclTestReply }): JSX.Element {
  const t = useText();
  return (
    <div class={`verdict ${reply.isAllowed ? 'good' : 'bad'}`}>
      <Icon name={reply.isAllowed ? 'check' : 'close'} />
      <div>
        <strong>{reply.isAllowed ? t.acl.allowed : t.acl.denied}</strong>
        <p class="small wrap">
          {reply.rule === undefined ? '' : `${t.acl.byRule(reply.rule + 1)} `}
          {reply.why}
        </p>
      </div>
    </div>
  );
}
