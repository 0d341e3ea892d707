// ApiKeys: what programs use the API with. A key is shown once,
// when it is made; later only its name and what it may do are
// known.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ApiKeyView, Role } from '../../http/api-types.ts';
import { useApp, useText } from '../app.ts';
import { Ago } from '../parts/ago.tsx';
import { Card } from '../parts/card.tsx';
import { Confirm, Dialog, useQuestion } from '../parts/dialog.tsx';
import { TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Empty, Loaded, useLoad } from '../parts/loaded.tsx';
import { Notice } from '../parts/notice.tsx';
import { RoleField } from '../parts/role-field.tsx';

/** The list. */
export function ApiKeys(): JSX.Element {
  const app = useApp();
  const t = useText();
  const load = useLoad(() => app.api.get<readonly ApiKeyView[]>('/api-keys'));
  const question = useQuestion();
  const isMaking = useSignal(false);
  const askToRevoke = (name: string): void => {
    question.value = {
      title: t.keys.revokeTitle(name),
      text: t.keys.revokeText,
      action: t.keys.revoke,
      run: async () => {
        const path = `/api-keys/${encodeURIComponent(name)}`;
        if (await app.attempt(() => app.api.delete(path), t.keys.revoked(name))) load.again();
      },
    };
  };
  const make = (
    <button
      type="button"
      class="button slim"
      onClick={() => {
        isMaking.value = true;
      }}
    >
      <Icon name="add" />
      {t.keys.add}
    </button>
  );
  return (
    <Card isFlush={true} title={t.keys.title} tools={make}>
      <Loaded
        of={load}
        isEmpty={(keys) => keys.length === 0}
        empty={<Empty icon="key" title={t.keys.none} text={t.keys.noneText} />}
      >
        {(keys) => (
          <div class="table cards">
            <table>
              <caption class="unseen">{t.keys.title}</caption>
              <thead>
                <tr>
                  <th scope="col">{t.keys.name}</th>
                  <th scope="col">{t.access.role}</th>
                  <th scope="col">{t.keys.created}</th>
                  <th scope="col">
                    <span class="unseen">{t.common.actions}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {keys.map(({ name, role, createdAt }) => (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td data-label={t.access.role}>{t.roles[role]}</td>
                    <td data-label={t.keys.created}>
                      <Ago at={createdAt} />
                    </td>
                    <td class="beside">
                      <div class="actions">
                        <button
                          type="button"
                          class="button plain icon slim danger"
                          aria-label={t.keys.revokeTitle(name)}
                          onClick={() => askToRevoke(name)}
                        >
                          <Icon name="remove" />
                        </button>
                      </div>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      <Confirm question={question} />
      {isMaking.value ? (
        <NewKey
          onClose={() => {
            isMaking.value = false;
            load.again();
          }}
        />
      ) : null}
    </Card>
  );
}

/** Asks for name and role, then shows the key, this once. */
function NewKey(props: { readonly onClose: () => void }): JSX.Element {
  const app = useApp();
  const t = useText();
  const name = useSignal('');
  const role = useSignal<Role>('viewer');
  const made = useSignal<ApiKeyView | undefined>(undefined);
  const save = (event: Event): void => {
    event.preventDefault();
    void app.attempt(async () => {
      made.value = await app.api.post<ApiKeyView>('/api-keys', { name: name.value, role: role.value });
    }, t.access.saved(name.value));
  };
  return (
    <Dialog title={t.keys.add} onClose={props.onClose}>
      {made.value === undefined ? (
        <form class="stack" onSubmit={save}>
          <TextField
            label={t.keys.name}
            hint={t.keys.nameHint}
            value={name.value}
            isRequired={true}
            onInput={(value) => {
              name.value = value;
            }}
          />
          <RoleField
            value={role.value}
            onInput={(value) => {
              role.value = value;
            }}
          />
          <button type="submit" class="button primary">
            {t.keys.make}
          </button>
        </form>
      ) : (
        <div class="stack">
          <Notice tone="warn">{t.keys.once}</Notice>
          <pre class="code">{made.value.key}</pre>
          <p class="muted small">{t.keys.use}</p>
          <pre class="code">{`Authorization: Bearer ${made.value.key ?? ''}`}</pre>
          <button type="button" class="button primary" onClick={props.onClose}>
            {t.keys.kept}
          </button>
        </div>
      )}
    </Dialog>
  );
}
