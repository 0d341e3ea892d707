// BridgeEditor: a bridge in five tabs, Connector, Forwards, Subscriptions, Security, Advanced. While
// one types, the server checks it and shows what the rules make of topics; before it is saved, what
// changes is shown.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { BridgeReply, ConfigObject } from '../../http/api-config-types.ts';
import { isTlsAddress } from '../addresses.ts';
import { useApp, useText } from '../app.ts';
import { BridgeDraft } from '../bridge-draft.ts';
import { bridgeFields, type EditorTab, editorTabs } from '../bridge-fields.ts';
import { rulesAt, textAt } from '../config-object.ts';
import { Card, PageHead } from '../parts/card.tsx';
import { TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Loaded, useLoad } from '../parts/loaded.tsx';
import { Notice } from '../parts/notice.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { TestDialog } from '../parts/test-dialog.tsx';
import { addressOf } from '../route.ts';
import { DraftAside } from './draft-aside.tsx';
import { DraftField } from './draft-field.tsx';
import { DraftRules } from './draft-rules.tsx';
import { SaveDialog } from './save-dialog.tsx';

const fresh: ConfigObject = { server: '', proto_ver: '5' };

/** The editor of a bridge that is there, or of a new one. */
export function BridgeEditor({ name }: { readonly name: string | undefined }): JSX.Element {
  const app = useApp();
  const load = useLoad(() =>
    name === undefined
      ? Promise.resolve(fresh)
      : app.api.get<BridgeReply>(`/bridges/${encodeURIComponent(name)}`).then(({ config }) => config),
  );
  return <Loaded of={load}>{(config) => <Editor name={name} saved={config} />}</Loaded>;
}

function Editor(props: { readonly name: string | undefined; readonly saved: ConfigObject }): JSX.Element {
  const app = useApp();
  const t = useText();
  const { name, saved } = props;
  const draft = useMemo(() => new BridgeDraft(app.api, name ?? '', saved), [app, name, saved]);
  useEffect(() => () => draft.close(), [draft]);
  const tab = useSignal<EditorTab>('connector');
  const dialog = useSignal<'test' | 'save' | undefined>(undefined);
  const close = (): void => {
    dialog.value = undefined;
  };
  const config = draft.config.value;
  const isReady = draft.name.value !== '' && textAt(config, 'server') !== '' && draft.check.value?.isValid === true;
  const counts = {
    forwards: rulesAt(config, 'forwards').length,
    subscriptions: rulesAt(config, 'subscription').length,
  };
  return (
    <>
      <PageHead title={name === undefined ? t.editor.newTitle : t.editor.title(name)} about={t.editor.about}>
        <a class="button plain" href={addressOf(name === undefined ? ['bridges'] : ['bridges', name])}>
          {t.common.cancel}
        </a>
        <button
          type="button"
          class="button"
          disabled={textAt(config, 'server') === ''}
          onClick={() => {
            dialog.value = 'test';
          }}
        >
          <Icon name="check" />
          {t.test.action}
        </button>
        <button
          type="button"
          class="button primary"
          disabled={!isReady}
          onClick={() => {
            dialog.value = 'save';
          }}
        >
          {t.editor.save}
        </button>
      </PageHead>
      <div class="editor">
        <Tabs
          label={t.editor.tabsLabel}
          chosen={tab.value}
          onChoose={(chosen) => {
            tab.value = chosen;
          }}
          tabs={editorTabs.map((one) => ({
            name: one,
            label: t.editor.tabs[one],
            isFaulty: draft.isTouched.value && draft.faultsByTab.value.has(one),
            ...(one === 'forwards' || one === 'subscriptions' ? { count: counts[one] } : {}),
          }))}
        >
          <p class="muted">{t.editor.tabsAbout[tab.value]}</p>
          {tab.value === 'forwards' || tab.value === 'subscriptions' ? (
            <DraftRules draft={draft} kind={tab.value} />
          ) : (
            <Form draft={draft} tab={tab.value} isNew={name === undefined} />
          )}
        </Tabs>
        <DraftAside draft={draft} />
      </div>
      {dialog.value === 'test' ? <TestDialog request={{ config }} onClose={close} /> : null}
      {dialog.value === 'save' ? <SaveDialog draft={draft} name={name} saved={saved} onClose={close} /> : null}
    </>
  );
}

function Form(props: {
  readonly draft: BridgeDraft;
  readonly tab: 'connector' | 'security' | 'advanced';
  readonly isNew: boolean;
}): JSX.Element {
  const t = useText();
  const { draft, tab, isNew } = props;
  const isTls = isTlsAddress(textAt(draft.config.value, 'server'));
  const fields = bridgeFields[tab].filter(({ needsTls }) => needsTls !== true || isTls);
  return (
    <Card>
      <div class="stack">
        {tab !== 'security' || isTls ? null : (
          <Notice tone="info">
            {t.editor.noTls} <code>tls+mqtt-tcp://…:8883</code>
          </Notice>
        )}
        <div class="fields">
          {tab === 'connector' ? (
            <TextField
              label={t.editor.name}
              configKey="bridges.mqtt.<name>"
              value={draft.name.value}
              placeholder="cloud"
              hint={isNew ? t.editor.nameHint : t.editor.nameFixed}
              isRequired={true}
              onInput={(value) => {
                if (isNew) draft.setName(value.trim());
              }}
            />
          ) : null}
          {fields.map((field) => (
            <DraftField
              key={field.key}
              field={field}
              words={t.fields[field.key as keyof typeof t.fields /* the table has every key of the form */]}
              config={draft.config.value}
              fault={draft.faultOf(field.key)}
              onChange={(value) => draft.set(field.key, value)}
            />
          ))}
        </div>
      </div>
    </Card>
  );
}
